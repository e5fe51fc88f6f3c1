// Package mixtraltest checks on any gpu.Device that what a model computes does not depend
// on which of its experts are on the device.
package mixtraltest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/mixtral"
	"mixtab/engine/quant"
	"mixtab/engine/sample"
	"mixtab/engine/weights"
)

// RunAll opens a model with budgets from all experts down to the smallest that works, and
// compares every bit.
func RunAll(t *testing.T, dev gpu.Device) {
	for _, format := range []quant.Format{quant.Q4, quant.F32} {
		pack, man := Deep(t, format, 96)
		load := func(t *testing.T, opt mixtral.Options) *mixtral.Model {
			t.Helper()
			opt.Context = 64
			m, err := mixtral.Load(t.Context(), dev, pack.Source(dev), man, opt)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(m.Close)
			return m
		}
		const steps = 8
		all := load(t, mixtral.Options{})
		want := Run(t, all, steps)
		if s := all.SlotStats(); s.Loads != 0 {
			t.Errorf("%d loads with all experts there", s.Loads)
		}
		layout := all.ExpertLayout()
		if !layout.Resident() {
			t.Fatalf("of no budget: %+v", layout)
		}
		t.Run(fmt.Sprintf("%v/lazy", format), func(t *testing.T) {
			m := load(t, mixtral.Options{Lazy: true})
			for range 2 { // while they come, and when they are there
				if got := Run(t, m, steps); !got.Equal(want) {
					t.Error("other bits than with all experts there from the beginning")
				}
			}
		})
		// 8 and 11 are pools, 12 and 13 are two of each layer's, 30 five, and 47 all but one.
		for _, slots := range []int{8, 11, 12, 13, 30, 47} {
			t.Run(fmt.Sprintf("%v/%d of %d experts", format, slots, layout.Slots()), func(t *testing.T) {
				m := load(t, mixtral.Options{ExpertBudget: int64(slots)*layout.Shape.Bytes + 1})
				if got := m.ExpertLayout().Slots(); got != slots {
					t.Fatalf("%d slots, want %d", got, slots)
				}
				if got := Run(t, m, steps); !got.Equal(want) {
					t.Error("other bits than with all experts")
				}
				s := m.SlotStats()
				if s.Loads == 0 || s.Loads > s.Uses || s.LoadedBytes != s.Loads*uint64(layout.Shape.Bytes) {
					t.Errorf("stats %+v", s)
				}
			})
		}
	}
}

// An Outcome is what a model computes for a prompt and the tokens behind it.
type Outcome struct {
	logits []float32 // of the prompt's last token, and of the last token
	tokens []int32
}

// Equal compares every bit.
func (o Outcome) Equal(other Outcome) bool {
	return slices.Equal(o.logits, other.logits) && slices.Equal(o.tokens, other.tokens)
}

// Run prefills a prompt in two pieces and decodes with several steps under way.
func Run(t *testing.T, m *mixtral.Model, steps int) Outcome {
	t.Helper()
	return run(t, m, steps, sample.Config{Temperature: 0.9, TopP: 1, Seed: 7})
}

func run(t *testing.T, m *mixtral.Model, steps int, c sample.Config) Outcome {
	t.Helper()
	var o Outcome
	logits := func() {
		t.Helper()
		l, err := m.Logits(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		o.logits = append(o.logits, l...)
	}
	m.Cache().Truncate(0)
	if err := m.Begin(c); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{16, 5} {
		prompt := make([]int32, n)
		for i := range prompt {
			prompt[i] = int32(1 + (i+n)*37%500)
		}
		if err := m.Prefill(t.Context(), prompt); err != nil {
			t.Fatal(err)
		}
	}
	logits()
	first, err := m.SampleFirst()
	if err != nil {
		t.Fatal(err)
	}
	ahead := 3
	if c.OnHost() {
		ahead = 0
	}
	flying := []*mixtral.Step{first}
	for step := range steps {
		for queued := step + len(flying); step > 0 && queued < steps && len(flying) <= ahead; queued++ {
			s, err := m.Decode(t.Context(), queued)
			if err != nil {
				t.Fatal(err)
			}
			flying = append(flying, s)
		}
		token, err := flying[0].Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		flying = flying[1:]
		o.tokens = append(o.tokens, token)
	}
	m.Drain(t.Context())
	logits()
	return o
}

// Deep packs random weights in so many layers that a shared pool of experts makes sense.
// hidden is an expert's hidden size.
func Deep(t *testing.T, format quant.Format, hidden int) (*weights.Memory, *weights.Manifest) {
	t.Helper()
	c, err := weights.ParseConfig(fmt.Appendf(nil, `{"architectures": ["MixtralForCausalLM"], "hidden_size": 64, "intermediate_size": %d,
		"max_position_embeddings": 512, "num_attention_heads": 4, "num_experts_per_tok": 2, "num_hidden_layers": 6,
		"num_key_value_heads": 2, "num_local_experts": 8, "rms_norm_eps": 1e-05, "rope_theta": 1e6, "vocab_size": 512}`, hidden))
	if err != nil {
		t.Fatal(err)
	}
	return packed(t, c, format, random())
}

// random gives every tensor random numbers, the same ones in every run.
func random() func(name string, row0 int, values []float32) {
	rng := rand.New(rand.NewPCG(1, 2))
	return func(_ string, _ int, values []float32) {
		for i := range values {
			values[i] = float32(rng.NormFloat64()) / 4
		}
	}
}

// packed makes a pack of weights that fill gives: a tensor's rows from row0 on, which are
// zeros before.
func packed(t *testing.T, c weights.Config, format quant.Format, fill func(name string, row0 int, values []float32)) (*weights.Memory, *weights.Manifest) {
	t.Helper()
	plan, err := weights.NewPlan(c, format, weights.HeadFormat(format))
	if err != nil {
		t.Fatal(err)
	}
	pack := &weights.Memory{Shards: map[string][]byte{}}
	var names []string
	for _, s := range plan.Shards {
		shard := make([]byte, s.Bytes)
		for _, ref := range s.Parts {
			tensor := &plan.Tensors[ref.Tensor]
			p := tensor.Parts[ref.Part]
			values := make([]float32, p.Rows*tensor.Cols())
			fill(tensor.Name, p.Row0, values)
			if err := quant.Quantise(tensor.Format, shard[p.Offset:p.Offset+p.Length], values, p.Rows, tensor.Cols()); err != nil {
				t.Fatal(err)
			}
		}
		sum := sha256.Sum256(shard)
		names = append(names, hex.EncodeToString(sum[:]))
		pack.Shards[names[len(names)-1]] = shard
	}
	man := plan.Manifest(names)
	if pack.ManifestBytes, err = man.Marshal(); err != nil {
		t.Fatal(err)
	}
	return pack, man
}
