package engine

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/quant"
)

// This file is the work that variants are timed with.

const (
	matrixBytes = 32 << 20 // of a matrix, at most
	matrices    = 4        // that decoding reads in turns: together too large for most caches
	fewRows     = 256      // from which is known how many there is time for
	runTime     = 10 * time.Millisecond
	probingTime = 50 * time.Millisecond

	cachedPos   = 1024 // where attention is measured
	caches      = 4    // that one token reads in turns
	mostContext = 4096 // of them

	attentionChunk = 64 // tokens: enough for kernels of chunks, little for a slow variant

	checkedRows = 64 // of weights, and numbers of results, that are not zero
)

// near is how far results may be from those in float32.
var near = map[kernel.Arithmetic]float64{kernel.F32: 1e-8, kernel.F16: 1e-5, kernel.Int8: 1e-3}

// measure lets the variants race. Its error is one that ends everything.
func (t *tuner) measure(ctx context.Context) (r TuningReport, err error) {
	r.Decode, err = t.products(ctx, 1, t.decode, func(own *kernel.Tuning, p kernel.Product) { own.Decode = p })
	if err == nil {
		r.Prefill, err = t.products(ctx, t.chunk, t.prefill, func(own *kernel.Tuning, p kernel.Product) { own.Prefill = p })
	}
	if err == nil {
		r.Attention, err = t.attention(ctx, 1)
	}
	if err == nil {
		r.ChunkAttention, err = t.attention(ctx, min(attentionChunk, t.chunk))
	}
	agree(r.Attention, r.ChunkAttention)
	if err == nil {
		err = final(ctx, t.err)
	}
	return r, err
}

// products times those for passes of n tokens.
func (t *tuner) products(ctx context.Context, n int, variants []kernel.Product, set func(*kernel.Tuning, kernel.Product)) ([]Timed[kernel.Product], error) {
	f, cols := t.expert.Format, t.expert.Cols()
	x, y, state := t.floats(ctx, n*cols), t.buffer(ctx, 4*n*t.rows), t.state(ctx, 0, n)
	w := []gpu.Binding{t.buffer(ctx, f.Bytes(t.rows, cols))}
	for n == 1 && len(w) < matrices { // of several tokens one is work enough
		w = append(w, t.buffer(ctx, f.Bytes(t.rows, cols)))
	}
	with := func(p kernel.Product) kernel.Tuning {
		tuning := t.own
		set(&tuning, p)
		return tuning
	}
	rows := min(fewRows, t.rows)
	race := func(limit time.Duration, variants []kernel.Product) ([]Timed[kernel.Product], error) {
		t.pattern(w[len(w)-1], rows)
		r := race{scratch: &t.scratch, now: t.now, limit: limit, result: y,
			checked: slices.Compact([]int{0, 4 * (n - 1) * rows}), width: min(checkedRows, rows)}
		return contest(ctx, &r, variants, func(p kernel.Product) runner {
			var calls []kernel.Call
			for _, w := range w {
				calls = append(calls, kernel.Matmul(with(p), f, x, state, w, y, n, rows, cols, rows, 0, false))
			}
			return runner{calls: calls, near: near[p.Arithmetic], others: t.others(with(p), n)}
		})
	}
	few, err := race(probingTime, variants[:1])
	if err != nil || t.err != nil {
		return nil, err
	}
	if few[0].Seconds > 0 {
		rows = max(rows, int(min(float64(t.rows), float64(rows)*runTime.Seconds()/few[0].Seconds)))
	}
	return race(raceTime, variants)
}

// others are kernels of the model that must compile too before a tuning is taken.
func (t *tuner) others(tuning kernel.Tuning, n int) []kernel.Call {
	var none gpu.Binding
	rows, cols, f := t.expert.Rows(), t.expert.Cols(), t.expert.Format
	gate := kernel.ExpertMatrix{Format: f, Rows: rows, Cols: cols, Slots: 1, PerBank: 1}
	down := kernel.ExpertMatrix{Format: f, Rows: cols, Cols: rows, Slots: 1, PerBank: 1}
	calls := []kernel.Call{kernel.QKV(tuning, t.qkv, t.kv, none, none, none, none, none, none, none, n, cols, t.heads)}
	if n > 1 {
		return append(calls,
			kernel.MoEGateUpGrouped(tuning, none, none, gate, gate, none, n, t.choice),
			kernel.MoEDownGrouped(tuning, none, none, down, none, n, t.choice))
	}
	return append(calls,
		kernel.MoEGateUp(tuning, none, none, gate, gate, none, none, 0, 1, t.choice),
		kernel.MoEDown(tuning, none, none, down, none, none, 0, 1, t.choice),
		kernel.Matmul(tuning, t.head, none, none, none, none, 1, rows, cols, rows, 0, false))
}

// agree gives the table's variant back its place in both lists if it has it in one: a
// tuning has one for a token and for chunks.
func agree(token, chunk []Timed[kernel.AttentionVariant]) {
	for i := range min(len(token), len(chunk)) {
		if token[i].InUse != chunk[i].InUse {
			for j := range token {
				token[j].InUse, chunk[j].InUse = j == 0, j == 0
			}
			return
		}
	}
}

// attention times that of n tokens behind many. Keys are zero, so that all positions count
// alike, and the values of some are one.
func (t *tuner) attention(ctx context.Context, n int) ([]Timed[kernel.AttentionVariant], error) {
	h, pos, numbers := t.heads, min(cachedPos, t.context-n), n*t.heads.NHeads*t.heads.HeadDim
	q, y, state := t.floats(ctx, numbers), t.buffer(ctx, 4*numbers), t.state(ctx, pos, n)
	var kv []kernel.KV
	for len(kv) == 0 || n == 1 && len(kv) < caches {
		kv = append(kv, kernel.KV{Format: t.kv, K: t.buffer(ctx, t.kv.KBytes(t.context, h)), V: t.buffer(ctx, t.kv.VBytes(t.context, h)), Context: t.context})
	}
	room := 256
	with := func(v kernel.AttentionVariant) kernel.Tuning {
		tuning := t.own
		tuning.Attention = v
		return tuning
	}
	variants := first(t.own.Attention, kernel.AttentionVariants)
	for _, v := range variants {
		room = max(room, kernel.AttentionPartBytes(with(v), n, t.context, h))
	}
	parts := t.buffer(ctx, room)
	t.ones(kv[len(kv)-1], min(checkedRows, pos+1))
	if t.err != nil {
		return nil, final(ctx, t.err)
	}
	width := min(checkedRows, h.HeadDim)
	r := race{scratch: &t.scratch, now: t.now, limit: raceTime, result: y, checked: slices.Compact([]int{0, 4 * (numbers - width)}), width: width}
	return contest(ctx, &r, variants, func(v kernel.AttentionVariant) runner {
		var calls []kernel.Call
		for _, kv := range kv {
			calls = append(calls, kernel.Attention(with(v), q, kv, state, parts, y, n, h)...)
		}
		return runner{calls: calls, near: near[kernel.F32]}
	})
}

func (t *tuner) state(ctx context.Context, pos, n int) gpu.Binding {
	words := make([]uint32, kernel.StateLayout{Layers: 1, Choice: t.choice}.Words())
	words[kernel.StatePos], words[kernel.StateN] = uint32(pos), uint32(n)
	return t.words(ctx, words)
}

// floats are n numbers between -1 and 1.
func (t *tuner) floats(ctx context.Context, n int) gpu.Binding {
	words, rng := make([]uint32, n), rand.New(rand.NewPCG(1, 2))
	for i := range words {
		words[i] = math.Float32bits(2*rng.Float32() - 1)
	}
	return t.words(ctx, words)
}

func (t *tuner) write(b gpu.Binding, offset int, data []byte) {
	if t.err == nil && len(data) > 0 {
		t.err = t.dev.Write(b.Buffer, offset, data)
	}
}

// pattern writes numbers into the first of a matrix's rows.
func (t *tuner) pattern(w gpu.Binding, rows int) {
	f, cols, some := t.expert.Format, t.expert.Cols(), min(checkedRows, rows)
	rng := rand.New(rand.NewPCG(3, 4))
	values := make([]byte, f.ScalesOffset(some, cols))
	switch f {
	case quant.F32:
		for i := 0; i < len(values); i += 4 {
			binary.LittleEndian.PutUint32(values[i:], math.Float32bits(2*rng.Float32()-1))
		}
	case quant.F16:
		for i := 0; i < len(values); i += 2 {
			binary.LittleEndian.PutUint16(values[i:], quant.ToF16(2*rng.Float32()-1))
		}
	default:
		for i := range values {
			values[i] = byte(rng.Uint32())
		}
	}
	t.write(w, 0, values)
	t.write(w, f.ScalesOffset(rows, cols), halves(1.0/64, f.Bytes(some, cols)-len(values)))
}

// ones writes the values of so many positions, and with them q8's scales.
func (t *tuner) ones(kv kernel.KV, positions int) {
	n := kv.Format.VBytes(positions, t.heads)
	values := halves(1, n)
	switch kv.Format {
	case kernel.KVF32:
		for i := 0; i < n; i += 4 {
			binary.LittleEndian.PutUint32(values[i:], math.Float32bits(1))
		}
	case kernel.KVQ8:
		for i := range values {
			values[i] = 1
		}
		t.write(kv.K, kv.Format.VBytes(kv.Context, t.heads), halves(1, kv.Format.KBytes(positions, t.heads)-n))
	}
	t.write(kv.V, 0, values)
}

// halves are so many bytes of one binary16.
func halves(x float32, bytes int) []byte {
	all := make([]byte, bytes)
	for i := 0; i+1 < len(all); i += 2 {
		binary.LittleEndian.PutUint16(all[i:], quant.ToF16(x))
	}
	return all
}
