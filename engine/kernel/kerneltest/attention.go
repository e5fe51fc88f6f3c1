package kerneltest

import (
	"math"
	"testing"

	"mixtab/engine/kernel"
)

func testAttention(t *testing.T, s *suite) {
	wg := s.tuning.AttentionWG
	for _, h := range []kernel.Heads{
		{NHeads: 4, NKVHeads: 1, HeadDim: 16},
		{NHeads: 6, NKVHeads: 2, HeadDim: 32},
		{NHeads: 4, NKVHeads: 4, HeadDim: 64},
		{NHeads: 32, NKVHeads: 8, HeadDim: 128},
	} {
		for _, pos := range []int{0, wg - 2, wg - 1, wg, wg + 1, 200} {
			s.try(t, name("heads=%v/pos=%d", h, pos), func(c *trial) { c.attention(s.tuning, h, pos, 3, 2, 1) })
		}
		s.try(t, name("heads=%v/prefill", h), func(c *trial) { c.attention(s.tuning, h, 0, 9, 9, 1) })
		s.try(t, name("heads=%v/tuning", h), func(c *trial) { c.attention(otherTuning, h, 130, 2, 2, 1) })
	}
	small := kernel.Heads{NHeads: 2, NKVHeads: 1, HeadDim: 32}
	s.try(t, "peaked", func(c *trial) { c.attention(s.tuning, small, 3*wg, 2, 2, 30) })
	s.try(t, "rising", func(c *trial) { // every tile has a larger peak than the one before
		c.attentionOf(s.tuning, small, 4*wg, 1, 1, func(p int) float64 { return 64 * float64(p) })
	})
	s.try(t, "falling", func(c *trial) { // and here the first tile has it all
		c.attentionOf(s.tuning, small, 4*wg, 1, 1, func(p int) float64 { return -64 * float64(p) })
	})
	s.try(t, "mixtral/pos=2047", func(c *trial) {
		c.attention(s.tuning, kernel.Heads{NHeads: 32, NKVHeads: 8, HeadDim: 128}, 2047, 1, 1, 1)
	})
}

// attention has n tokens at pos, with room for capacity, and queries of a given spread.
func (c *trial) attention(t kernel.Tuning, h kernel.Heads, pos, capacity, n int, spread float64) {
	c.attentionCase(t, h, pos, capacity, n, c.normal(capacity*h.NHeads*h.HeadDim, spread),
		c.normal((pos+capacity)*h.NKVHeads*h.HeadDim, 1))
}

// attentionOf has scores q·k that depend on the position alone.
func (c *trial) attentionOf(t kernel.Tuning, h kernel.Heads, pos, capacity, n int, score func(p int) float64) {
	q := make([]float32, capacity*h.NHeads*h.HeadDim)
	k := make([]float32, (pos+capacity)*h.NKVHeads*h.HeadDim)
	for i := 0; i < len(q); i += h.HeadDim {
		q[i] = 1
	}
	for i := 0; i < len(k); i += h.HeadDim {
		k[i] = float32(score(i / h.HeadDim / h.NKVHeads))
	}
	c.attentionCase(t, h, pos, capacity, n, q, k)
}

func (c *trial) attentionCase(t kernel.Tuning, h kernel.Heads, pos, capacity, n int, q, k []float32) {
	v := c.normal(len(k), 1)
	y := c.output(len(q))
	c.run(kernel.Attention(t, c.floats(q), c.floats(k), c.floats(v), c.state(pos, n), y.binding, capacity, h))
	d := h.HeadDim
	for token := range n {
		for head := range h.NHeads {
			kv := head * h.NKVHeads / h.NHeads
			at := (token*h.NHeads + head) * d
			length := pos + token + 1
			scores := make([]float64, length)
			peak, off := math.Inf(-1), 0.0
			for p := range length {
				s, tol := product(q[at:at+d], k[(p*h.NKVHeads+kv)*d:])
				scores[p] = s / math.Sqrt(float64(d))
				peak = max(peak, scores[p])
				off = max(off, tol/math.Sqrt(float64(d)))
			}
			total := 0.0
			for p, s := range scores {
				scores[p] = math.Exp(s - peak)
				total += scores[p]
			}
			for i := range d {
				sum, most := 0.0, 0.0
				for p, weight := range scores {
					term := weight / total * float64(v[(p*h.NKVHeads+kv)*d+i])
					sum += term
					most += math.Abs(term)
				}
				y.near(at+i, sum, most*(2*off+4e-6)+1e-7)
			}
		}
	}
	y.check("y")
}
