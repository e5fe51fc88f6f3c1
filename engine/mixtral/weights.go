package mixtral

import (
	"context"
	"fmt"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

// weightBuffers are the model's weights on the device.
type weightBuffers struct {
	embed  []rowPart // [vocabSize, dim]
	layers []layerWeights
	norm   gpu.Binding // f32[dim]
	lmHead []rowPart   // [vocabSize, dim]

	places map[string][]place // by tensor name, one for each part
}

// layerWeights are one layer's.
type layerWeights struct {
	attnNorm gpu.Binding // f32[dim]
	qkv      rowPart     // [(nHeads+2·nKVHeads)·headDim, dim]
	output   rowPart     // [dim, nHeads·headDim]
	ffnNorm  gpu.Binding // f32[dim]
	router   gpu.Binding // f32[nExperts, dim]
	experts  map[weights.ExpertName]kernel.ExpertMatrix
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

// allocateWeights makes a buffer for every tensor part and remembers where it goes.
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
	lw.experts = map[weights.ExpertName]kernel.ExpertMatrix{}
	for _, name := range weights.ExpertNames {
		matrix, err := m.expertBanks(ctx, man, l, name)
		if err != nil {
			return err
		}
		lw.experts[name] = matrix
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

// expertBanks allocates one matrix of all experts of a layer: in one bank where the
// adapter can bind that at once, else in two.
func (m *Model) expertBanks(ctx context.Context, man *weights.Manifest, l int, name weights.ExpertName) (kernel.ExpertMatrix, error) {
	nExperts := m.Config.NExperts
	tensors := make([]*weights.Tensor, nExperts)
	for e := range tensors {
		var err error
		if tensors[e], err = man.Tensor(weights.Expert(l, e, name)); err != nil {
			return kernel.ExpertMatrix{}, err
		}
	}
	first := tensors[0]
	stride := (first.Format.Bytes(first.Rows(), first.Cols()) + 255) &^ 255
	limits := m.dev.Info().Limits
	most := min(limits.MaxStorageBufferBindingSize, limits.MaxBufferSize) / stride
	perBank := nExperts
	if most < nExperts {
		perBank = (nExperts + 1) / 2
	}
	if most < perBank {
		return kernel.ExpertMatrix{}, fmt.Errorf("layer %d: %d %s experts of %d bytes each do not fit the adapter's largest binding (%d bytes): pack the model in a smaller format",
			l, perBank, first.Format, stride, limits.MaxStorageBufferBindingSize)
	}
	var banks [2]gpu.Buffer
	for i, n := range []int{perBank, nExperts - perBank} {
		if n == 0 {
			banks[i] = banks[0]
			continue
		}
		var err error
		if banks[i], err = m.buffer(ctx, fmt.Sprintf("layers.%d.%s bank %d", l, name, i), n*stride); err != nil {
			return kernel.ExpertMatrix{}, err
		}
	}
	for e, t := range tensors {
		base := e % perBank * stride
		for _, p := range t.Parts {
			// Only formats without scales are split by rows (docs/FORMAT.md), so rows
			// lie one after the other.
			offset := base + p.Row0*t.Format.Bytes(1, t.Cols())
			m.w.places[t.Name] = append(m.w.places[t.Name], place{banks[e/perBank], offset})
		}
	}
	return kernel.ExpertMatrix{
		Format: first.Format, Rows: first.Rows(), Cols: first.Cols(),
		A: gpu.Binding{Buffer: banks[0]}, B: gpu.Binding{Buffer: banks[1]},
		PerBank: perBank, Stride: stride,
	}, nil
}

// fill moves every part of the manifest to its place, in the manifest's order.
func (w *weightBuffers) fill(ctx context.Context, src weights.Source, man *weights.Manifest, progress func(loaded, total int64)) error {
	var loaded, total int64
	for i := range man.Tensors {
		total += man.Tensors[i].Bytes()
	}
	for i := range man.Tensors {
		t := &man.Tensors[i]
		for j, p := range t.Parts {
			to := w.places[t.Name][j]
			if err := src.Load(ctx, p, to.buffer, to.offset); err != nil {
				return err
			}
			loaded += p.Length
			if progress != nil {
				progress(loaded, total)
			}
		}
	}
	w.places = nil
	return nil
}
