package kerneltest

import (
	"math"
	"testing"

	"mixtab/engine/kernel"
)

// attention_reduce alone: parts that other parts outweigh by far, and parts behind the last,
// which nobody wrote.
func testAttentionReduce(t *testing.T, s *suite) {
	s.eachAttention(t, func(t *testing.T, tuning kernel.Tuning, f kernel.KVFormat) {
		h := kernel.Heads{NHeads: 3, NKVHeads: 1, HeadDim: 40}
		for _, pos := range []int{0, 255, 256, 4200} {
			s.try(t, name("pos=%d", pos), func(c *trial) { c.attentionReduce(tuning, f, h, pos) })
		}
	})
}

func (c *trial) attentionReduce(t kernel.Tuning, f kernel.KVFormat, h kernel.Heads, pos int) {
	const n, context = 2, 5000
	row := h.HeadDim + 4
	spans := kernel.AttentionPartBytes(t, 1, context, h) / 4 / h.NHeads / row
	span := (context + spans - 1) / spans
	for span&(span-1) != 0 { // a power of two
		span++
	}
	parts := make([]float32, n*h.NHeads*spans*row)
	y := c.output(n * h.NHeads * h.HeadDim)
	for r := range n * h.NHeads {
		used := (pos+r/h.NHeads)/span + 1
		of := func(s int) []float32 { return parts[(r*spans+s)*row:][:row] }
		peak := math.Inf(-1)
		for s := range spans {
			copy(of(s), c.normal(h.HeadDim, 3))
			if s >= used {
				of(s)[h.HeadDim] = float32(math.NaN())
				continue
			}
			of(s)[h.HeadDim], of(s)[h.HeadDim+1] = c.normal(1, 20)[0], float32(1+c.rng.Float64())
			peak = max(peak, float64(of(s)[h.HeadDim]))
		}
		for i := range h.HeadDim {
			sum, most, total := 0.0, 0.0, 0.0
			for s := range used {
				weight := math.Exp(float64(of(s)[h.HeadDim]) - peak)
				total += weight * float64(of(s)[h.HeadDim+1])
				sum += weight * float64(of(s)[i])
				most += weight * math.Abs(float64(of(s)[i]))
			}
			y.near(r*h.HeadDim+i, sum/total, 2e-5*most/total+1e-7)
		}
	}
	kv := kernel.KV{Format: f, Context: context}
	calls := kernel.Attention(t, y.binding, kv, c.state(pos, n), c.floats(parts), y.binding, n, h)
	c.run(calls[1])
	y.check("y")
}
