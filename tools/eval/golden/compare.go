package golden

import (
	"context"
	"fmt"
	"math"
	"slices"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/mixtral"
	"mixtab/engine/sample"
	"mixtab/engine/weights"
)

// A Report says how a device compares with a reference on one prompt. Mismatches count
// only where the reference's margin is no tie, and, but for the router's, only before
// the first position at which a router chose another set: after that, all differs.
type Report struct {
	Name             string  `json:"name"`
	Positions        int     `json:"positions"` // compared: stored, and before the first flip
	MaxAbs           float64 `json:"max_abs"`
	RMS              float64 `json:"rms"`
	ArgmaxMismatches int     `json:"argmax_mismatches"`
	RouterMismatches int     `json:"router_mismatches"`
	FirstRouterFlip  *int    `json:"first_router_flip"` // a position
	Greedy           struct {
		Compared int  `json:"compared"` // steps before the first tie
		Equal    bool `json:"equal"`
	} `json:"greedy_match"`
}

// Within reports whether everything is inside the tolerance. NaN is not.
func (r *Report) Within(t Tolerance) bool {
	return r.MaxAbs <= t.MaxAbs && r.RMS <= t.RMS && r.ArgmaxMismatches == 0 && r.RouterMismatches == 0 &&
		r.Greedy.Equal && (r.Positions > 0 || r.FirstRouterFlip != nil)
}

// A Way is how a model is computed where there is a choice of exactness. Its zero value is
// the exactest.
type Way struct {
	KV         kernel.KVFormat   // of the KV cache; KVAuto: f32
	Arithmetic kernel.Arithmetic // of products with q8 and q4, in prefill and decoding; "": f32
}

// options have the way's tuning: the adapter's, or, of less exact arithmetic, that of a
// thread to a row, which has it in prefill too.
func (w Way) options(info gpu.Info, context int) mixtral.Options {
	t := kernel.TuningFor(info)
	if w.Arithmetic != "" && w.Arithmetic != kernel.F32 {
		t.Decode.Arithmetic = w.Arithmetic
		t.Prefill = kernel.Product{Sharing: kernel.Thread, Arithmetic: w.Arithmetic, WG: 16, Team: 1, Rows: 4, Tile: 4}
	}
	if w.KV == kernel.KVAuto {
		w.KV = kernel.KVF32
	}
	return mixtral.Options{Context: context, KV: w.KV, AllLogits: true, Tuning: t}
}

// Run computes every prompt of the reference on a device and compares.
func Run(ctx context.Context, dev gpu.Device, pack *weights.Memory, ref *Reference, way Way, tol Tolerance) ([]Report, error) {
	man, err := weights.ParseManifest(pack.ManifestBytes)
	if err != nil {
		return nil, err
	}
	longest := 0
	for _, p := range ref.Prompts {
		longest = max(longest, len(p.IDs)+len(p.Greedy))
	}
	m, err := mixtral.Load(ctx, dev, pack.Source(dev), man, way.options(dev.Info(), longest))
	if err != nil {
		return nil, err
	}
	defer m.Close()
	reports := make([]Report, len(ref.Prompts))
	for i := range ref.Prompts {
		if reports[i], err = runPrompt(ctx, m, &ref.Prompts[i], tol); err != nil {
			return nil, fmt.Errorf("prompt %s: %w", ref.Prompts[i].Name, err)
		}
	}
	return reports, nil
}

func runPrompt(ctx context.Context, m *mixtral.Model, p *Prompt, tol Tolerance) (Report, error) {
	m.Cache().Truncate(0)
	r := Report{Name: p.Name}
	var logits [][]float32
	experts := make([][][]int, m.Config.NLayers)
	for chunk := range slices.Chunk(p.IDs, m.ChunkTokens()) {
		if err := m.PrefillChunk(ctx, chunk); err != nil {
			return r, err
		}
		rows, err := m.Logits(ctx, len(chunk))
		if err != nil {
			return r, err
		}
		logits = slices.AppendSeq(logits, slices.Chunk(rows, m.Config.VocabSize))
		for l := range experts {
			routes, err := m.Routes(ctx, l, len(chunk))
			if err != nil {
				return r, err
			}
			for token := range slices.Chunk(routes, m.Config.NExpertsPerTok) {
				var chosen []int
				for _, route := range token {
					chosen = append(chosen, route.Expert)
				}
				experts[l] = append(experts[l], chosen)
			}
		}
	}
	r.compareRouters(p, experts, tol)
	r.compareLogits(p, logits, tol)
	return r, r.compareGreedy(ctx, m, p, tol)
}

func (r *Report) compareRouters(p *Prompt, experts [][][]int, tol Tolerance) {
	for l := range experts {
		for pos := range experts[l] {
			if sameSet(experts[l][pos], p.Experts[l][pos]) {
				continue
			}
			if r.FirstRouterFlip == nil || pos < *r.FirstRouterFlip {
				r.FirstRouterFlip = &pos
			}
			if p.RouterMarginAt[l][pos] > tol.RouterMargin {
				r.RouterMismatches++
			}
		}
	}
}

func sameSet(a, b []int) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

func (r *Report) compareLogits(p *Prompt, logits [][]float32, tol Tolerance) {
	flip := len(p.IDs)
	if r.FirstRouterFlip != nil {
		flip = *r.FirstRouterFlip
	}
	for pos := range flip {
		if best, _ := argmax(logits[pos]); best != p.ArgmaxAt[pos] && p.ArgmaxMarginAt[pos] > tol.ArgmaxMargin {
			r.ArgmaxMismatches++
		}
	}
	squares, count := 0.0, 0
	for i, pos := range p.Positions {
		if pos >= flip {
			break
		}
		r.Positions++
		for j, want := range p.Logits[i] {
			diff := math.Abs(float64(logits[pos][j]) - float64(want))
			if !(diff <= r.MaxAbs) { // a NaN stays
				r.MaxAbs = diff
			}
			squares += diff * diff
			count++
		}
	}
	if count > 0 {
		r.RMS = math.Sqrt(squares / float64(count))
	}
}

// compareGreedy decodes behind the prompt, the way an answer is generated.
func (r *Report) compareGreedy(ctx context.Context, m *mixtral.Model, p *Prompt, tol Tolerance) error {
	r.Greedy.Equal = true
	if r.FirstRouterFlip != nil {
		return nil // the cache behind the flip is another text's
	}
	if err := m.Begin(sample.Config{}); err != nil {
		return err
	}
	next, err := m.SampleFirst()
	if err != nil {
		return err
	}
	for step := range p.Greedy {
		token, err := next.Wait(ctx)
		if err != nil {
			return err
		}
		if p.GreedyMargin[step] <= tol.ArgmaxMargin {
			break
		}
		r.Greedy.Compared++
		if token != p.Greedy[step] {
			r.Greedy.Equal = false
			break
		}
		if p.GreedyRouterMargin[step] <= tol.RouterMargin || step == len(p.Greedy)-1 {
			break
		}
		if next, err = m.Decode(ctx, step+1); err != nil {
			return err
		}
	}
	return nil
}
