package kerneltest

import (
	"math"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/quant"
)

func testQKV(t *testing.T, s *suite) {
	shapes := []struct {
		heads kernel.Heads
		cols  int
	}{
		{kernel.Heads{NHeads: 4, NKVHeads: 1, HeadDim: 16}, 96},
		{kernel.Heads{NHeads: 6, NKVHeads: 2, HeadDim: 32}, 160},
		{kernel.Heads{NHeads: 2, NKVHeads: 1, HeadDim: 64}, 32},
		{kernel.Heads{NHeads: 2, NKVHeads: 2, HeadDim: 128}, 96},
	}
	for _, f := range quant.Formats {
		for i, shape := range shapes {
			for j, n := range around(s.tuning.Prefill.TokenSpan()) {
				pos := []int{0, 1, 30, 200}[(i+j)%4]
				s.try(t, name("%v/heads=%v/n=%d/pos=%d", f, shape.heads, n, pos), func(c *trial) {
					c.qkv(s.tuning, f, n, n, pos, shape.cols, shape.heads)
				})
			}
		}
		s.try(t, name("%v/fewer", f), func(c *trial) { c.qkv(s.tuning, f, 19, 10, 3, 32, shapes[0].heads) })
		for _, v := range s.variantsOf(f) {
			s.try(t, name("%v/one/%v", f, v.Decode), func(c *trial) {
				c.loose = looseness(v.Decode, f)
				c.qkv(v, f, 1, 1, 3, 96, shapes[1].heads)
			})
			s.try(t, name("%v/chunk/%v", f, v.Prefill), func(c *trial) {
				c.loose = looseness(v.Prefill, f)
				c.qkv(v, f, 7, 7, 3, 96, shapes[1].heads)
			})
		}
	}
	s.try(t, "mixtral", func(c *trial) {
		h := kernel.Heads{NHeads: 32, NKVHeads: 8, HeadDim: 128}
		const cols, n, pos = 4096, 2, 17
		w := c.largeQ4((h.NHeads+2*h.NKVHeads)*h.HeadDim, cols, 2)
		o := c.runQKV(s.tuning, quant.Q4, kernel.KVF32, w.binding, c.normal(n*cols, 1), n, n, pos, cols, h)
		o.q.sampled()
		o.k.sampled()
		o.v.sampled()
		for _, pair := range c.someOf(w.rows / 2) {
			head, i := pair/64, pair%64
			o.expect(head, i, w.row(head*128+i), w.row(head*128+i+64))
		}
		o.check()
	})
	for _, kv := range kernel.KVFormats {
		for _, n := range []int{1, 5} {
			s.try(t, name("kv=%v/n=%d", kv, n), func(c *trial) { c.qkvInto(s.tuning, quant.Q8, kv, n, n, 30, 96, shapes[1].heads) })
		}
	}
	for _, unit := range []string{"rope_hd16_theta1e6", "rope_hd128_theta1e6"} {
		s.try(t, unit, func(c *trial) { c.ropeUnit(unit) })
	}
}

func (c *trial) qkv(t kernel.Tuning, f quant.Format, n, stateN, pos, cols int, h kernel.Heads) {
	c.qkvInto(t, f, kernel.KVF32, n, stateN, pos, cols, h)
}

func (c *trial) qkvInto(t kernel.Tuning, f quant.Format, kv kernel.KVFormat, n, stateN, pos, cols int, h kernel.Heads) {
	w, m := c.weights(f, (h.NHeads+2*h.NKVHeads)*h.HeadDim, cols)
	o := c.runQKV(t, f, kv, w, c.normal(n*cols, 1), n, stateN, pos, cols, h)
	for head := range h.NHeads + 2*h.NKVHeads {
		for i := range h.HeadDim / 2 {
			low := head*h.HeadDim + i
			o.expect(head, i, m.row(low), m.row(low+h.HeadDim/2))
		}
	}
	o.check()
}

// A qkvRun is a run of the op with its outputs.
type qkvRun struct {
	heads        kernel.Heads
	kv           kernel.KVFormat
	x            []float32
	n, pos, cols int
	q, k, v      *output
}

const ropeTheta = 1e6

func (c *trial) runQKV(t kernel.Tuning, f quant.Format, kv kernel.KVFormat, w gpu.Binding, x []float32, n, stateN, pos, cols int, h kernel.Heads) *qkvRun {
	c.Helper()
	context := pos + n + 2
	rope := c.floats(kernel.RopeTable(context, h.HeadDim, ropeTheta))
	words := context * h.NKVHeads * h.HeadDim
	if kv == kernel.KVF16 {
		words /= 2
	}
	o := &qkvRun{heads: h, kv: kv, x: x, n: stateN, pos: pos, cols: cols,
		q: c.output(n * h.NHeads * h.HeadDim),
		k: c.output(words), v: c.output(words)}
	c.run(kernel.QKV(t, f, kv, c.floats(x), c.state(pos, stateN), w, rope, o.q.binding, o.k.binding, o.v.binding, n, cols, h))
	return o
}

// expect says what elements i and i + headDim/2 of a head should be, given its rows of
// the weights. Heads count queries, then keys, then values.
func (o *qkvRun) expect(head, i int, lowRow, highRow []float32) {
	h := o.heads
	half := h.HeadDim / 2
	for t := range o.n {
		x := o.x[t*o.cols : (t+1)*o.cols]
		low, lowTol := product(lowRow, x)
		high, highTol := product(highRow, x)
		if head < h.NHeads+h.NKVHeads {
			// As a complex number, multiplied with e^(i·angle).
			freq := float32(1 / math.Pow(ropeTheta, float64(2*i)/float64(h.HeadDim)))
			sin, cos := math.Sincos(float64(float32(o.pos+t) * freq))
			low, high = low*cos-high*sin, high*cos+low*sin
			// The table rounds the frequency another way: an angle may differ by an ulp.
			angle := float64(float32(o.pos+t)*freq) * 2e-7
			off := (angle+1e-7)*(math.Abs(low)+math.Abs(high)) + lowTol + highTol
			lowTol, highTol = off, off
		}
		to, at := o.q, t*h.NHeads+head
		if head >= h.NHeads {
			to, at = o.k, (o.pos+t)*h.NKVHeads+(head-h.NHeads)%h.NKVHeads
			if head >= h.NHeads+h.NKVHeads {
				to = o.v
			}
			switch o.kv {
			case kernel.KVF16: // off by a rounding to 11 bits, in whatever direction
				to.halves(at*half+i, low, lowTol+math.Abs(low)/1024+1e-7, high, highTol+math.Abs(high)/1024+1e-7)
				continue
			case kernel.KVQ8:
				at -= o.pos * h.NKVHeads // for kv_quantise
			}
		}
		to.near(at*h.HeadDim+i, low, lowTol)
		to.near(at*h.HeadDim+i+half, high, highTol)
	}
}

func (o *qkvRun) check() {
	o.q.c.Helper()
	o.q.check("q")
	o.k.check("k")
	o.v.check("v")
}

// ropeUnit rotates the unit case's vectors, through an identity matrix, by the table
// that the engine makes.
func (c *trial) ropeUnit(unit string) {
	var g struct {
		Positions []int       `json:"positions"`
		Cos       [][]float64 `json:"cos_f32_first_half"`
		Sin       [][]float64 `json:"sin_f32_first_half"`
		Q         [][]float32 `json:"q"`
		Rotated   [][]float64 `json:"q_rotated"`
	}
	c.unit(unit, &g)
	headDim := len(g.Q[0])
	half := headDim / 2
	context := g.Positions[len(g.Positions)-1] + 1
	table := kernel.RopeTable(context, headDim, ropeTheta)
	for j, pos := range g.Positions {
		for i := range half {
			cos, sin := float64(table[2*(pos*half+i)]), float64(table[2*(pos*half+i)+1])
			if diff := max(math.Abs(cos-g.Cos[j][i]), math.Abs(sin-g.Sin[j][i])); !(diff <= 2e-6) {
				c.Fatalf("table at position %d, pair %d: cos %v, sin %v, want %v, %v", pos, i, cos, sin, g.Cos[j][i], g.Sin[j][i])
			}
		}
	}

	cols := max(headDim, quant.Group)
	identity := make([]float32, 3*headDim*cols)
	for i := range headDim {
		identity[i*cols+i] = 1
	}
	w, rope := c.floats(identity), c.floats(table)
	k := c.words(make([]uint32, context*headDim)...)
	v := c.words(make([]uint32, context*headDim)...)
	for j, pos := range g.Positions {
		x := append(append([]float32{}, g.Q[j]...), make([]float32, cols-headDim)...)
		q := c.output(headDim)
		c.run(kernel.QKV(c.tuning, quant.F32, kernel.KVF32, c.floats(x), c.state(pos, 1), w, rope, q.binding, k, v, 1, cols,
			kernel.Heads{NHeads: 1, NKVHeads: 1, HeadDim: headDim}))
		for i, want := range g.Rotated[j] {
			q.near(i, want, 4e-6)
		}
		q.check(name("position %d: q", pos))
	}
}
