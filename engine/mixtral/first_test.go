package mixtral

import (
	"testing"

	"mixtab/engine/experts"
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/weights"
)

// A first pass gives prefill's numbers, or there is none.
func TestStartsFirst(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Model)
		want   bool
	}{
		{"a small model on a CPU", func(*Model) {}, true},
		{"products of one token are rounded", func(m *Model) { m.tuning.Decode.Arithmetic = kernel.Int8 }, false},
		{"teams sum in another order", func(m *Model) { m.tuning.Decode.Sharing = kernel.Shared }, false},
		{"experts are missing", func(m *Model) { m.slots.layout.PerLayer[0]-- }, false},
		{"experts come later", func(m *Model) { m.options.Lazy = true }, false},
		{"a large model", func(m *Model) { m.Config.NLayers = 1 << 20 }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			layout, err := experts.NewLayout(experts.Shape{Layers: 2, Experts: 4, TopK: 2, Bytes: 1}, 0)
			if err != nil {
				t.Fatal(err)
			}
			m := &Model{
				Config: weights.Config{Dim: 64, HiddenDim: 128, NLayers: 2, NHeads: 2, NKVHeads: 1, HeadDim: 32, NExperts: 4, NExpertsPerTok: 2, VocabSize: 100},
				tuning: kernel.TuningFor(gpu.Info{Kind: gpu.KindCPU}), slots: &expertSlots{layout: layout},
			}
			tt.change(m)
			if m.startsFirst() != tt.want {
				t.Errorf("got %v, want %v", !tt.want, tt.want)
			}
		})
	}
}
