//go:build !js

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"

	"mixtab/engine/experts"
)

// belady is the name of the optimum, which is no policy that an engine could have.
const belady = "belady"

// A replay is the hit rate of a policy on a trace with a number of slots.
type replay struct {
	Policy  string  `json:"policy"`
	Regime  string  `json:"regime"` // "per_layer" or "pool"
	Slots   int     `json:"slots"`  // of a layer, or of the pool
	HitRate float64 `json:"hit_rate"`
	Hidden  float64 `json:"hidden_share"` // of the loads, by look-ahead
}

// replayed is all that is known of a trace.
type replayed struct {
	File string `json:"file"`
	*experts.Trace
	Tokens     int      `json:"tokens"`
	Zipf       float64  `json:"zipf"`
	Reuse      float64  `json:"reuse"`
	Default    string   `json:"default_policy"`
	Guesses    uint64   `json:"guesses"`
	RightShare float64  `json:"right_share"` // of the guesses
	Replays    []replay `json:"replays"`
}

// A regime is a way to lay experts out, and the numbers of slots to try.
type regime struct {
	name, title string
	slots       []int
	layout      func(slots int) (experts.Layout, error)
}

// regimes are those in which the experts of a trace can lie: slots of each layer, from
// what a token uses up to all, and pools.
func regimes(t *experts.Trace) []regime {
	shape := experts.Shape{Layers: t.Layers, Experts: t.Experts, TopK: t.TopK, Bytes: 1}
	perLayer := regime{name: "per_layer", title: "slots a layer", layout: func(slots int) (experts.Layout, error) {
		return experts.NewLayout(shape, int64(slots*t.Layers))
	}}
	for n := t.TopK; n < t.Experts; n += max(1, t.Experts/8) {
		perLayer.slots = append(perLayer.slots, n)
	}
	perLayer.slots = append(perLayer.slots, t.Experts)
	pool := regime{name: "pool", title: "slots of one pool", layout: func(slots int) (experts.Layout, error) {
		return experts.NewLayout(shape, int64(slots))
	}}
	for _, n := range []int{8, 16, 24, 32, 48} {
		if l, err := pool.layout(n); err == nil && l.Pool == n {
			pool.slots = append(pool.slots, n)
		}
	}
	if pool.slots == nil {
		return []regime{perLayer}
	}
	return []regime{perLayer, pool}
}

// replayTrace replays a trace by every policy in every regime.
func replayTrace(t *experts.Trace) (replayed, error) {
	h := t.Habits()
	r := replayed{Trace: t, Tokens: len(t.Tokens), Zipf: h.Zipf, Reuse: h.Reuse, Default: experts.Policies[0].Name}
	for _, g := range regimes(t) {
		for _, slots := range g.slots {
			l, err := g.layout(slots)
			if err != nil {
				return r, err
			}
			add := func(name string, p experts.Policy) {
				got := experts.Replay(t, l, p)
				r.Guesses = got.Guesses
				r.RightShare = float64(got.Right) / float64(max(got.Guesses, 1))
				r.Replays = append(r.Replays, replay{name, g.name, slots, got.HitRate(), float64(got.Hidden) / float64(max(got.Loads, 1))})
			}
			for _, p := range experts.Policies {
				add(p.Name, p.New(l))
			}
			add(belady, experts.NewBelady(t))
		}
	}
	return r, nil
}

// replayTraces prints what the policies make of traces in files.
func replayTraces(files []string, asJSON bool) error {
	var all []replayed
	for _, file := range files {
		t, err := readTrace(file)
		if err != nil {
			return err
		}
		r, err := replayTrace(t)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		r.File = file
		r.print()
		all = append(all, r)
	}
	if !asJSON {
		return nil
	}
	return json.NewEncoder(os.Stdout).Encode(struct {
		Traces []replayed `json:"traces"`
	}{all})
}

func readTrace(file string) (*experts.Trace, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := experts.Read(f)
	if err == nil && len(t.Tokens) == 0 {
		err = fmt.Errorf("no token follows the first line")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return t, nil
}

func (r *replayed) print() {
	fmt.Printf("%s: %d tokens, %d layers of %d experts, top %d: %s\n", r.File, r.Tokens, r.Layers, r.Experts, r.TopK, r.Note)
	fmt.Printf("uses follow Zipf's law with an exponent of %.2f; a token repeats %.0f %% of the experts before it beyond chance\n", r.Zipf, 100*r.Reuse)
	if r.Guesses > 0 {
		fmt.Printf("look-ahead guessed %d experts, %.1f %% of them right\n", r.Guesses, 100*r.RightShare)
	}
	for _, g := range regimes(r.Trace) {
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(w, "%s\t", g.title)
		for _, n := range g.slots {
			fmt.Fprintf(w, "%d\t", n)
		}
		for _, p := range experts.Policies {
			title := p.Name
			if p.Name == r.Default {
				title += " (default)"
			}
			r.row(w, g.name, p.Name, title, func(x replay) float64 { return x.HitRate })
		}
		r.row(w, g.name, belady, belady, func(x replay) float64 { return x.HitRate })
		if r.Guesses > 0 {
			r.row(w, g.name, r.Default, "loads hidden by look-ahead", func(x replay) float64 { return x.Hidden })
		}
		fmt.Fprintln(w)
		w.Flush()
	}
	fmt.Println()
}

func (r *replayed) row(w *tabwriter.Writer, regime, policy, title string, value func(replay) float64) {
	fmt.Fprintf(w, "\n%s\t", title)
	for _, x := range r.Replays {
		if x.Regime == regime && x.Policy == policy {
			fmt.Fprintf(w, "%.1f %%\t", 100*value(x))
		}
	}
}
