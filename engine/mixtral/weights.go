package mixtral

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"mixtab/engine/gpu"
	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

// weightBuffers are the model's weights that are always on the device.
type weightBuffers struct {
	embed  []rowPart // [vocabSize, dim]
	layers []layerWeights
	norm   gpu.Binding // f32[dim]
	lmHead []rowPart   // [vocabSize, dim]

	places map[string][]place // by tensor name, one for each part
}

// layerWeights are one layer's, but for its experts.
type layerWeights struct {
	attnNorm gpu.Binding // f32[dim]
	qkv      rowPart     // [(nHeads+2·nKVHeads)·headDim, dim]
	output   rowPart     // [dim, nHeads·headDim]
	ffnNorm  gpu.Binding // f32[dim]
	router   gpu.Binding // f32[nExperts, dim]
}

// A rowPart is a block of rows of a matrix, in a buffer of its own.
type rowPart struct {
	gpu.Binding
	format     quant.Format
	row0, rows int
	cols       int
}

// A place is where a part goes.
type place struct {
	buffer gpu.Buffer
	offset int
}

// allocateWeights makes a buffer for every part of a tensor that is no expert's, and
// remembers where it goes.
func (m *Model) allocateWeights(ctx context.Context, man *weights.Manifest) error {
	w := &m.w
	w.places = map[string][]place{}
	var err error
	if w.embed, err = m.matrix(ctx, man, weights.Embed); err != nil {
		return err
	}
	w.layers = make([]layerWeights, m.Config.NLayers)
	for l := range w.layers {
		if err := m.allocateLayer(ctx, man, l); err != nil {
			return err
		}
	}
	if w.norm, err = m.whole(ctx, man, weights.Norm); err != nil {
		return err
	}
	w.lmHead, err = m.matrix(ctx, man, weights.LMHead)
	return err
}

func (m *Model) allocateLayer(ctx context.Context, man *weights.Manifest, l int) error {
	lw := &m.w.layers[l]
	for name, dst := range map[weights.LayerName]*gpu.Binding{
		weights.AttnNorm: &lw.attnNorm, weights.FFNNorm: &lw.ffnNorm, weights.Router: &lw.router} {
		var err error
		if *dst, err = m.whole(ctx, man, weights.Layer(l, name)); err != nil {
			return err
		}
	}
	for name, dst := range map[weights.LayerName]*rowPart{weights.QKV: &lw.qkv, weights.Output: &lw.output} {
		parts, err := m.matrix(ctx, man, weights.Layer(l, name))
		if err != nil {
			return err
		}
		if len(parts) != 1 {
			return fmt.Errorf("%s lies in %d parts; its kernel takes one: pack the model in a smaller format", weights.Layer(l, name), len(parts))
		}
		*dst = parts[0]
	}
	return nil
}

// matrix allocates each part of a matrix by itself.
func (m *Model) matrix(ctx context.Context, man *weights.Manifest, name string) ([]rowPart, error) {
	t, err := man.Tensor(name)
	if err != nil {
		return nil, err
	}
	parts := make([]rowPart, len(t.Parts))
	for i, p := range t.Parts {
		b, err := m.buffer(ctx, name, int(p.Length))
		if err != nil {
			return nil, err
		}
		m.w.places[name] = append(m.w.places[name], place{b, 0})
		parts[i] = rowPart{gpu.Binding{Buffer: b}, t.Format, p.Row0, p.Rows, t.Cols()}
	}
	return parts, nil
}

// whole allocates a small f32 tensor of one part.
func (m *Model) whole(ctx context.Context, man *weights.Manifest, name string) (gpu.Binding, error) {
	parts, err := m.matrix(ctx, man, name)
	if err != nil {
		return gpu.Binding{}, err
	}
	if len(parts) != 1 || parts[0].format != quant.F32 {
		return gpu.Binding{}, fmt.Errorf("%s is %v in %d parts, want f32 in one: pack the model again", name, parts[0].format, len(parts))
	}
	return parts[0].Binding, nil
}

// fill moves what the device is to have from the beginning to its place: every tensor but
// the experts, and these too if they all have slots and are not to come later.
func (m *Model) fill(ctx context.Context) error {
	type move struct {
		part weights.Part
		to   place
	}
	var moves []move
	var loaded, total int64
	add := func(p weights.Part, to place) {
		moves = append(moves, move{p, to})
		total += p.Length
	}
	for i := range m.man.Tensors {
		t := &m.man.Tensors[i]
		for j, to := range m.w.places[t.Name] {
			add(t.Parts[j], to)
		}
	}
	if m.slots.layout.Resident() && !m.options.Lazy {
		for l := range m.Config.NLayers {
			for _, p := range m.slots.cache.Place(l, allOf(m.Config.NExperts)) {
				m.slots.present[p.Key] = true
				for part, to := range m.partsOf(p) {
					add(part, to)
				}
			}
		}
	}
	m.w.places = nil
	var mu sync.Mutex
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(parallelLoads)
	for _, mv := range moves {
		group.Go(func() error {
			if err := m.src.Load(inner, mv.part, mv.to.buffer, mv.to.offset); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			loaded += mv.part.Length
			if m.options.Progress != nil {
				m.options.Progress(loaded, total)
			}
			return nil
		})
	}
	return group.Wait()
}

// allOf are the experts of a layer.
func allOf(n int) []int {
	all := make([]int, n)
	for e := range all {
		all[e] = e
	}
	return all
}
