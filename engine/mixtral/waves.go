package mixtral

import (
	"context"
	"slices"

	"mixtab/engine/experts"
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
)

// runWaves runs a prefill chunk where some experts are not on the device. A chunk uses most
// of a layer's experts, more than may fit: they are visited in waves, each expert loaded at
// most once. What an expert gives a token lies by itself until all waves are over, so that
// the sum does not depend on their order.
func (m *Model) runWaves(ctx context.Context) error {
	queued := []gpu.Program{m.prefill.begin}
	for l, layer := range m.prefill.layers {
		// The experts that are there run at once; of a pool there are none.
		if err := m.dev.Submit(append(queued, layer.attention, layer.experts)...); err != nil {
			return err
		}
		used, err := m.usedExperts(ctx)
		if err != nil {
			return err
		}
		m.use(l, used)
		waiting := m.waiting(l, used)
		for wave := range slices.Chunk(waiting, m.waveSize(l)) {
			if err := m.admit(ctx, l, wave); err != nil {
				return err
			}
			if err := m.writeTable(l, wave); err != nil {
				return err
			}
			program, err := m.bind(ctx, m.prefill, l, m.chunk(), wave)
			if err != nil {
				return err
			}
			if err := m.dev.Submit(program); err != nil {
				return err
			}
		}
		if len(waiting) > 0 {
			if err := m.writeTable(l, nil); err != nil {
				return err
			}
		}
		queued = []gpu.Program{layer.combine}
	}
	return m.dev.Submit(queued...)
}

// usedExperts are those that the chunk's plan has tokens for.
func (m *Model) usedExperts(ctx context.Context) ([]int, error) {
	words, err := m.read(ctx, m.act.plan.Buffer, 4*kernel.PlanUsed, kernel.PlanUsedWords)
	if err != nil {
		return nil, err
	}
	var used []int
	for e := range m.Config.NExperts {
		if words[e/32]>>(e%32)&1 == 1 {
			used = append(used, e)
		}
	}
	return used, nil
}

// waiting are the used experts that have not run yet. Those that are there come first: once
// they have run, they may make room.
func (m *Model) waiting(l int, used []int) []int {
	var there, absent []int
	for _, e := range used {
		if m.slots.present[experts.Key{Layer: l, Expert: e}] {
			there = append(there, e)
		} else {
			absent = append(absent, e)
		}
	}
	if m.slots.layers != nil {
		return absent
	}
	return append(there, absent...)
}

// waveSize is how many experts of a layer run at a time: as many as it has slots for, or
// two of a pool.
func (m *Model) waveSize(l int) int {
	if m.slots.layers != nil {
		return m.slots.cache.Capacity(l)
	}
	return 2
}
