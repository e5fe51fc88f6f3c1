package kerneltest

import (
	"math"
	"testing"

	"mixtab/engine/kernel"
	"mixtab/engine/quant"
)

func testKVQuantise(t *testing.T, s *suite) {
	for _, h := range []kernel.Heads{
		{NHeads: 1, NKVHeads: 1, HeadDim: 16},
		{NHeads: 2, NKVHeads: 2, HeadDim: 32},
		{NHeads: 3, NKVHeads: 3, HeadDim: 24},
		{NHeads: 8, NKVHeads: 8, HeadDim: 128},
	} {
		for _, pos := range []int{0, 7} {
			s.try(t, name("heads=%v/pos=%d", h, pos), func(c *trial) { c.kvQuantise(s.tuning, h, pos, 5, 3, 1) })
		}
		s.try(t, name("heads=%v/tuning", h), func(c *trial) { c.kvQuantise(otherTuning, h, 1, 2, 2, 100) })
	}
	s.try(t, "zeros", func(c *trial) { c.kvQuantise(s.tuning, kernel.Heads{NHeads: 1, NKVHeads: 1, HeadDim: 32}, 1, 2, 2, 0) })
}

// kvQuantise writes n tokens at pos and looks at every number: it is a step of its scale away
// from what it should be by half a step, and the largest of a scale is 127 steps.
func (c *trial) kvQuantise(t kernel.Tuning, h kernel.Heads, pos, capacity, n int, spread float64) {
	context := pos + capacity + 1
	kv := kernel.KV{Format: kernel.KVQ8, Context: context}
	k, v := c.output((kv.Format.KBytes(context, h)+7)/8*2), c.output(kv.Format.VBytes(context, h)/4)
	kv.K, kv.V = k.binding, v.binding
	row := h.NKVHeads * h.HeadDim
	newK, newV := c.normal(capacity*row, spread), c.normal(capacity*row, 10*spread)
	c.run(kernel.KVQuantise(t, c.floats(newK), c.floats(newV), c.state(pos, n), kv, capacity, h))
	half := h.HeadDim / 2
	groups := (half + 15) / 16
	scales := kv.Format.VBytes(context, h) / 4
	for _, of := range []struct {
		what  string
		to    *output
		x     []float32
		shift int
	}{{"k", k, newK, 0}, {"v", v, newV, 16}} {
		got, inK := of.to.read(), k.read()
		for r := range n * h.NKVHeads {
			at := pos*h.NKVHeads + r
			for g := range groups {
				word := scales + at*groups + g
				k.word(word, inK[word])
				scale := float64(quant.FromF16(uint16(inK[word] >> of.shift)))
				most := 0.0
				for i := g * 16; i < min(g*16+16, half); i++ {
					for j := range 2 {
						x := float64(of.x[r*h.HeadDim+i+j*half])
						most = max(most, math.Abs(x))
						at := at*h.HeadDim/4 + i/4*2 + j
						of.to.word(at, got[at])
						if is := float64(int8(got[at]>>(i%4*8))) * scale; !(math.Abs(is-x) <= 0.501*scale) {
							c.Errorf("%s: row %d, dimension %d is %v, want %v, steps of %v", of.what, r, i+j*half, is, x, scale)
						}
					}
				}
				if !(math.Abs(scale-most/127) <= most/127/1024) {
					c.Errorf("%s: row %d, scale %d is %v, want %v", of.what, r, g, scale, most/127)
				}
			}
		}
	}
	k.check("k")
	v.check("v")
}
