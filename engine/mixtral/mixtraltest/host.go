package mixtraltest

import (
	"slices"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/mixtral"
	"mixtab/engine/quant"
	"mixtab/engine/sample"
)

// HostSampling has the host sample what the device could: the same tokens come, whatever
// part of the experts is on the device. Then a mask bans what the device would have chosen.
func HostSampling(t *testing.T, dev gpu.Device) {
	pack, man := Deep(t, quant.Q4, 96)
	const steps = 12
	c := sample.Config{Temperature: 1.1, TopK: 50, TopP: 0.95, RepetitionPenalty: 1.2, FrequencyPenalty: 0.3, Seed: 11}
	masked := c
	all := slices.Repeat([]uint32{1<<32 - 1}, (man.Config.VocabSize+31)/32)
	free := func([]int32) ([]uint32, error) { return all, nil }
	masked.Mask = free
	for _, slots := range []int64{0, 30, 8} {
		m, err := mixtral.Load(t.Context(), dev, pack.Source(dev), man, mixtral.Options{Context: 64})
		if err != nil {
			t.Fatal(err)
		}
		if slots > 0 {
			if err := m.SetExpertBudget(t.Context(), slots*m.ExpertLayout().Shape.Bytes); err != nil {
				t.Fatal(err)
			}
		}
		want := run(t, m, steps, c)
		got := run(t, m, steps, masked)
		if !got.Equal(want) {
			t.Errorf("%d slots: the host sampled %v, the device %v", slots, got.tokens, want.tokens)
		}
		if again := run(t, m, steps, c); !again.Equal(want) {
			t.Errorf("%d slots: the device sampled %v after the host, before it %v", slots, again.tokens, want.tokens)
		}
		banned := want.tokens[0]
		others := slices.Clone(all)
		others[banned/32] &^= 1 << (banned % 32)
		masked.Mask = func([]int32) ([]uint32, error) { return others, nil }
		if got := run(t, m, steps, masked); slices.Contains(got.tokens, banned) {
			t.Errorf("%d slots: token %d is banned and came: %v", slots, banned, got.tokens)
		}
		masked.Mask = free
		m.Close()
	}
}
