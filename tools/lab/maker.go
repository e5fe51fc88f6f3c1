package main

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/quant"
)

// A maker fills a device with a shape's inputs, the same on every device. Its first error
// stays, and nothing is made after it.
type maker struct {
	ctx     context.Context
	dev     gpu.Device
	most    int // rows of a matrix; 0: all
	rng     *rand.Rand
	buffers []gpu.Buffer
	err     error
}

func newMaker(ctx context.Context, dev gpu.Device, most int) *maker {
	return &maker{ctx: ctx, dev: dev, most: most, rng: rand.New(rand.NewPCG(1, 2))}
}

func (m *maker) release() {
	for _, b := range m.buffers {
		b.Release()
	}
}

// rows is so many rows, or as few as the maker is to have.
func (m *maker) rows(n int) int {
	if m.most > 0 {
		return min(n, m.most)
	}
	return n
}

func (m *maker) buffer(bytes int) gpu.Binding {
	if m.err != nil {
		return gpu.Binding{}
	}
	b, err := m.dev.NewBuffer(m.ctx, "lab", gpu.Storage, bytes)
	if err != nil {
		m.err = err
		return gpu.Binding{}
	}
	m.buffers = append(m.buffers, b)
	return gpu.Binding{Buffer: b}
}

func (m *maker) write(b gpu.Binding, offset int, data []byte) {
	if m.err == nil {
		m.err = m.dev.Write(b.Buffer, offset, data)
	}
}

// zeros is room for n floats.
func (m *maker) zeros(n int) gpu.Binding { return m.buffer(4 * n) }

func (m *maker) words(words ...uint32) gpu.Binding {
	b := m.buffer(4 * len(words))
	data, _ := binary.Append(nil, binary.LittleEndian, words)
	m.write(b, 0, data)
	return b
}

// floats are n numbers around zero.
func (m *maker) floats(n int) gpu.Binding {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(m.rng.NormFloat64())
	}
	return m.words(bits(values)...)
}

func bits(values []float32) []uint32 {
	words := make([]uint32, len(values))
	for i, v := range values {
		words[i] = math.Float32bits(v)
	}
	return words
}

// state is that of a pass, with a table in which every expert has the slot of its number.
func (m *maker) state(pos, n int) gpu.Binding {
	layout := kernel.StateLayout{Layers: 1, Choice: choice}
	words := make([]uint32, layout.Words())
	words[kernel.StatePos], words[kernel.StateN] = uint32(pos), uint32(n)
	for i := range choice.Experts {
		words[layout.Table(0)+i] = uint32(i)
	}
	return m.words(words...)
}

// routes are those of n tokens, all experts in turn.
func (m *maker) routes(n int) gpu.Binding {
	var words []uint32
	for i := range n * choice.TopK {
		words = append(words, uint32(i%choice.Experts), math.Float32bits(1/float32(choice.TopK)))
	}
	return m.words(words...)
}

// matrix is random bits in a format's layout, padded to the 16 bytes that kernels read.
func (m *maker) matrix(f quant.Format, rows, cols int) []byte {
	data := make([]byte, (f.Bytes(rows, cols)+15)&^15)
	for i := 0; i < len(data); i += 8 {
		binary.LittleEndian.PutUint64(data[i:], m.rng.Uint64())
	}
	scales := data[f.ScalesOffset(rows, cols):f.Bytes(rows, cols)]
	for i := 0; i < len(scales); i += 2 { // quants of size 5 or 50, sums of thousands of them
		binary.LittleEndian.PutUint16(scales[i:], quant.ToF16(0.002*(1+float32(m.rng.Uint32()&0xff)/0xff)))
	}
	return data
}

func (m *maker) weights(f quant.Format, rows, cols int) gpu.Binding {
	data := m.matrix(f, rows, cols)
	b := m.buffer(len(data))
	m.write(b, 0, data)
	return b
}

// heads are Mixtral's, or a quarter where rows are to be few.
func (m *maker) heads() kernel.Heads {
	if m.most > 0 {
		return kernel.Heads{NHeads: 8, NKVHeads: 2, HeadDim: 128}
	}
	return kernel.Heads{NHeads: 32, NKVHeads: 8, HeadDim: 128}
}

// cache is full of numbers in its format.
func (m *maker) cache(f kernel.KVFormat, context int, h kernel.Heads) kernel.KV {
	side := func(bytes int) gpu.Binding {
		data := make([]byte, bytes)
		switch f {
		case kernel.KVF32:
			return m.floats(bytes / 4)
		case kernel.KVF16:
			for i := 0; i < bytes; i += 2 {
				binary.LittleEndian.PutUint16(data[i:], quant.ToF16(float32(m.rng.NormFloat64())))
			}
		case kernel.KVQ8:
			values := f.VBytes(context, h)
			for i := range values {
				data[i] = byte(m.rng.Uint32())
			}
			for i := values; i < bytes; i += 2 { // the scales, of quants of size 70
				binary.LittleEndian.PutUint16(data[i:], quant.ToF16(1.0/70))
			}
		}
		b := m.buffer(bytes)
		m.write(b, 0, data)
		return b
	}
	return kernel.KV{Format: f, K: side(f.KBytes(context, h)), V: side(f.VBytes(context, h)), Context: context}
}

// slots are a matrix of the first n experts, in as many banks as the adapter needs.
func (m *maker) slots(n, rows, cols int) kernel.ExpertMatrix {
	e := kernel.ExpertMatrix{Format: quant.Q4, Rows: rows, Cols: cols, Slots: n, PerBank: n, Stride: (quant.Q4.Bytes(rows, cols) + 255) &^ 255}
	if n*e.Stride > m.dev.Info().Limits.MaxStorageBufferBindingSize {
		e.PerBank = (n + 1) / 2
	}
	e.A = m.buffer(e.PerBank * e.Stride)
	e.B = e.A
	if e.PerBank < n {
		e.B = m.buffer((n - e.PerBank) * e.Stride)
	}
	for i := range n {
		bank := e.A
		if i >= e.PerBank {
			bank = e.B
		}
		m.write(bank, i%e.PerBank*e.Stride, m.matrix(e.Format, rows, cols))
	}
	return e
}
