//go:build js

package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/quant"
	"mixtab/tools/peers/shapes"
)

// load makes an operation of the kernels that the model's passes are made of.
func load(ctx context.Context, dev gpu.Device, base, op string) (*operation, error) {
	l := &loader{ctx: ctx, dev: dev, base: base, t: kernel.TuningForModel(dev.Info(), shapes.Dim)}
	var calls []kernel.Call
	o := &operation{}
	switch op {
	case shapes.GEMV:
		calls = l.matmul(o, 1, shapes.Hidden, shapes.Dim)
	case shapes.GEMM:
		calls = l.matmul(o, shapes.Tokens, shapes.Dim, shapes.Dim)
	case shapes.Experts2:
		calls = l.experts(o)
	case shapes.Attention:
		calls = l.attention(o)
	default:
		return nil, fmt.Errorf("no such operation: %q", op)
	}
	if l.err != nil {
		return nil, l.err
	}
	var err error
	o.program, err = kernel.NewPipelines(dev).Compile(ctx, op, calls)
	return o, err
}

// A loader makes buffers and keeps the first error.
type loader struct {
	ctx  context.Context
	dev  gpu.Device
	base string
	t    kernel.Tuning
	err  error
}

func (l *loader) empty(label string, size int) gpu.Binding {
	b, err := l.dev.NewBuffer(l.ctx, label, gpu.Storage, size)
	if err != nil && l.err == nil {
		l.err = err
	}
	return gpu.Binding{Buffer: b}
}

func (l *loader) words(words ...uint32) gpu.Binding {
	data, _ := binary.Append(nil, binary.LittleEndian, words)
	b := l.empty("words", len(data))
	if l.err == nil {
		l.err = l.dev.Write(b.Buffer, 0, data)
	}
	return b
}

// fill copies a file to a place of a buffer.
func (l *loader) fill(b gpu.Binding, offset int, name string, size int) {
	if l.err != nil {
		return
	}
	r, err := get(l.base + name)
	if err != nil {
		l.err = err
		return
	}
	defer r.Close()
	piece := make([]byte, min(size, 4<<20))
	for done := 0; done < size && l.err == nil; {
		n := min(len(piece), size-done)
		if _, l.err = io.ReadFull(r, piece[:n]); l.err == nil {
			l.err = l.dev.Write(b.Buffer, offset+done, piece[:n])
		}
		done += n
	}
}

// file is a buffer with a file's bytes.
func (l *loader) file(name string, size int) gpu.Binding {
	b := l.empty(name, size)
	l.fill(b, 0, name, size)
	return b
}

func (l *loader) matmul(o *operation, n, rows, cols int) []kernel.Call {
	x := l.file("x.f32", 4*n*cols)
	w := l.file("w.q4", quant.Q4.Bytes(rows, cols))
	y := l.empty("y", 4*n*rows)
	o.output = y.Buffer
	return []kernel.Call{kernel.Matmul(l.t, quant.Q4, x, l.words(0, uint32(n), 0, 0, 0, 0, 0, 0), w, y, n, rows, cols, rows, 0, false)}
}

// matrices are one matrix of all experts, in two banks.
func (l *loader) matrices(name string, rows, cols int) kernel.ExpertMatrix {
	m := kernel.ExpertMatrix{Format: quant.Q4, Rows: rows, Cols: cols, Slots: shapes.Experts, PerBank: shapes.Experts / 2,
		Stride: quant.Q4.Bytes(rows, cols)}
	m.A = l.empty(name, m.PerBank*m.Stride)
	m.B = l.empty(name, m.PerBank*m.Stride)
	for e := range shapes.Experts {
		bank := []gpu.Binding{m.A, m.B}[e/m.PerBank]
		l.fill(bank, e%m.PerBank*m.Stride, name+strconv.Itoa(e)+".q4", m.Stride)
	}
	return m
}

// experts is the router, with its norm, and the two experts that it chooses.
func (l *loader) experts(o *operation) []kernel.Call {
	layout := kernel.StateLayout{Layers: 1, Choice: kernel.Choice{Experts: shapes.Experts, TopK: shapes.TopK}}
	words := make([]uint32, layout.Words())
	words[kernel.StateN] = 1
	for e := range shapes.Experts {
		words[layout.Table(0)+e] = uint32(e)
	}
	ones := make([]uint32, shapes.Dim)
	for i := range ones {
		ones[i] = 0x3f800000
	}
	state := l.words(words...)
	x := l.file("x.f32", 4*shapes.Dim)
	router := l.file("router.f32", 4*shapes.Experts*shapes.Dim)
	gate, up := l.matrices("gate", shapes.Hidden, shapes.Dim), l.matrices("up", shapes.Hidden, shapes.Dim)
	down := l.matrices("down", shapes.Dim, shapes.Hidden)
	h := l.empty("h", 4*shapes.Dim)
	route := l.empty("route", layout.RouteBytes(1))
	a := l.empty("a", 4*shapes.TopK*shapes.Hidden)
	y := l.empty("y", 4*shapes.Dim)
	o.output, o.before = y.Buffer, make([]byte, 4*shapes.Dim) // the residual is zero
	const eps = 1e-12
	slots := kernel.RouterSlots{Table: layout.Table(0), Trace: layout.Trace(0), Fault: 1}
	return []kernel.Call{
		kernel.Router(l.t, x, l.words(ones...), router, state, h, route, 1, shapes.Dim, eps, layout.Choice, slots),
		kernel.MoEGateUp(l.t, h, route, gate, up, state, a, layout.Table(0), 1, layout.Choice),
		kernel.MoEDown(l.t, a, route, down, state, y, layout.Table(0), 1, layout.Choice),
	}
}

// attention is of one token, whose key and value are the last in the cache.
func (l *loader) attention(o *operation) []kernel.Call {
	heads := kernel.Heads{NHeads: shapes.NHeads, NKVHeads: shapes.KVHeads, HeadDim: shapes.HeadDim}
	cache := 4 * shapes.Context * shapes.KVHeads * shapes.HeadDim
	q := l.file("q.f32", 4*shapes.NHeads*shapes.HeadDim)
	k, v := l.file("k.f32", cache), l.file("v.f32", cache)
	y := l.empty("y", 4*shapes.NHeads*shapes.HeadDim)
	o.output = y.Buffer
	state := l.words(shapes.Context-1, 1, 0, 0, 0, 0, 0, 0)
	kv := kernel.KV{Format: kernel.KVF32, K: k, V: v, Context: shapes.Context}
	parts := l.empty("parts", max(4, kernel.AttentionPartBytes(l.t, 1, shapes.Context, heads)))
	return kernel.Attention(l.t, q, kv, state, parts, y, 1, heads)
}
