package mixtral_test

import (
	"math"
	"slices"
	"testing"

	"mixtab/engine/mixtral"
	"mixtab/engine/mixtral/mixtraltest"
	"mixtab/engine/quant"
	"mixtab/engine/sample"
)

// A Watch is told every token's experts, whether or not all experts are on the
// device, and of the experts those that were loaded. It changes no token.
func TestWatch(t *testing.T) {
	plain := mixtraltest.Run(t, load(t, "deep", quant.Q4, mixtral.Options{Context: 64}), 10)
	var told [4][]mixtral.Routing
	for i, opt := range []mixtral.Options{{}, {Lazy: true}, {ExpertBudget: 1 << 17}, {ExpertBudget: 3 << 16}} {
		opt.Context = 64
		m := load(t, "deep", quant.Q4, opt)
		m.Watch(mixtral.Watch{Logits: true, Routing: func(r mixtral.Routing) { told[i] = append(told[i], r) }})
		before := m.SlotStats()
		if got := mixtraltest.Run(t, m, 10); !got.Equal(plain) {
			t.Errorf("%+v: watched, other tokens or logits", opt)
		}
		loads, topK := 0, m.Config.NExpertsPerTok
		for j, r := range told[i] {
			if r.Number != j || len(r.Experts) != topK*m.Config.NLayers || len(r.Weights) != len(r.Experts) {
				t.Fatalf("%+v: routing %d is %+v", opt, j, r)
			}
			for at := 0; at < len(r.Weights); at += topK {
				sum := float32(0)
				for k, w := range r.Weights[at : at+topK] {
					if sum += w; w <= 0 || k > 0 && w > r.Weights[at+k-1] {
						t.Errorf("%+v: weights %v", opt, r.Weights[at:at+topK])
					}
				}
				if math.Abs(float64(sum)-1) > 1e-6 {
					t.Errorf("%+v: weights %v add up to %v", opt, r.Weights[at:at+topK], sum)
				}
			}
			if j == 0 && len(r.Loads) > 0 || !slices.IsSorted(r.Loads) {
				t.Errorf("%+v: loads of token %d: %v", opt, j, r.Loads)
			}
			loads += len(r.Loads)
			if same := told[0][j]; !slices.Equal(r.Experts, same.Experts) || !slices.Equal(r.Weights, same.Weights) {
				t.Errorf("%+v: token %d was routed by %+v, with all experts by %+v", opt, j, r, same)
			}
		}
		if len(told[i]) != 10 {
			t.Errorf("%+v: told of %d tokens, want 10", opt, len(told[i]))
		}
		if all := m.SlotStats().Loads - before.Loads; uint64(loads) > all || opt.ExpertBudget > 0 && loads == 0 {
			t.Errorf("%+v: told of %d loads, and there were %d", opt, loads, all)
		}
	}
}

// A step's logits are those that its token was sampled from, with steps under way behind it,
// with passes that wait for experts, and where the host samples.
func TestWatchLogits(t *testing.T) {
	var all [][]float32
	for _, c := range []sample.Config{{}, {LogitBias: map[int32]float32{3: 0}}} {
		for _, budget := range []int64{0, 1 << 17, 3 << 16} {
			m := load(t, "deep", quant.Q4, mixtral.Options{Context: 64, ExpertBudget: budget})
			m.Watch(mixtral.Watch{Logits: true})
			if err := m.Begin(c); err != nil {
				t.Fatal(err)
			}
			if err := m.Prefill(t.Context(), []int32{1, 2, 3}); err != nil {
				t.Fatal(err)
			}
			s, err := m.SampleFirst()
			if err != nil {
				t.Fatal(err)
			}
			flying := []*mixtral.Step{s}
			for step := range 8 {
				for ahead := 3; step > 0 && len(flying) <= ahead && (!c.OnHost() || len(flying) == 0); {
					s, err := m.Decode(t.Context(), step+len(flying))
					if err != nil {
						t.Fatal(err)
					}
					flying = append(flying, s)
				}
				token, err := flying[0].Wait(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				logits := flying[0].Logits
				flying = flying[1:]
				if len(logits) != m.Config.VocabSize || logits[token] != slices.Max(logits) {
					t.Fatalf("%+v, budget %d: token %d is not the likeliest of its %d logits", c, budget, token, len(logits))
				}
				if len(all) <= step {
					all = append(all, logits)
				} else if !slices.Equal(logits, all[step]) {
					t.Errorf("%+v, budget %d: the logits of token %d are others", c, budget, step)
				}
			}
			m.Drain(t.Context())
		}
	}
}
