package kerneltest

import (
	"math"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/quant"
)

func testAttention(t *testing.T, s *suite) {
	small := kernel.Heads{NHeads: 3, NKVHeads: 1, HeadDim: 32}
	mixtral := kernel.Heads{NHeads: 32, NKVHeads: 8, HeadDim: 128}
	s.eachAttention(t, func(t *testing.T, tuning kernel.Tuning, f kernel.KVFormat) {
		for _, h := range []kernel.Heads{
			{NHeads: 4, NKVHeads: 1, HeadDim: 16},
			{NHeads: 6, NKVHeads: 2, HeadDim: 32},
			{NHeads: 4, NKVHeads: 4, HeadDim: 24}, // no power of two
			{NHeads: 7, NKVHeads: 1, HeadDim: 64}, // more heads than a workgroup takes
			mixtral,
		} {
			for _, pos := range []int{0, 31, 32, 255, 300} {
				s.try(t, name("heads=%v/pos=%d", h, pos), func(c *trial) { c.attention(tuning, f, h, pos, 3, 2, 1) })
			}
			s.try(t, name("heads=%v/prefill", h), func(c *trial) { c.attention(tuning, f, h, 0, 8, 7, 1) })
		}
		s.try(t, "tuning", func(c *trial) {
			other := otherTuning
			other.Attention = tuning.Attention
			c.attention(other, f, kernel.Heads{NHeads: 6, NKVHeads: 2, HeadDim: 32}, 130, 2, 2, 1)
		})
		s.try(t, "peaked", func(c *trial) { c.attention(tuning, f, small, 900, 2, 2, 30) })
		s.try(t, "room", func(c *trial) { // most spans are empty
			c.attentionCase(tuning, c.cache(f, 5000, small), small, 10, 2, 2, c.normal(2*small.NHeads*small.HeadDim, 1))
		})
		s.try(t, "spans", func(c *trial) { c.attention(tuning, f, small, 4094, 5, 5, 1) })
		s.try(t, "long", func(c *trial) { c.attention(tuning, f, small, 32766, 2, 2, 5) })
		s.try(t, "mixtral/pos=2047", func(c *trial) { c.attention(tuning, f, mixtral, 2047, 1, 1, 1) })
		s.try(t, "one by one", func(c *trial) { c.attentionBits(tuning, f, small, 2046) })
	})
	for _, variant := range kernel.AttentionVariants {
		tuning := s.tuning
		tuning.Attention = variant
		s.try(t, name("rising/variant=%d", variant), func(c *trial) { // every tile has a larger peak than the one before
			c.attentionOf(tuning, small, 600, 1, 1, func(p int) float64 { return 64 * float64(p) })
		})
		s.try(t, name("falling/variant=%d", variant), func(c *trial) { // and here the first tile has it all
			c.attentionOf(tuning, small, 2500, 1, 1, func(p int) float64 { return -64 * float64(p) })
		})
	}
}

// eachAttention runs tests of every variant and format of the KV cache.
func (s *suite) eachAttention(t *testing.T, do func(*testing.T, kernel.Tuning, kernel.KVFormat)) {
	for _, variant := range kernel.AttentionVariants {
		for _, f := range kernel.KVFormats {
			t.Run(name("variant=%d/%v", variant, f), func(t *testing.T) {
				tuning := s.tuning
				tuning.Attention = variant
				do(t, tuning, f)
			})
		}
	}
}

// attention has n tokens at pos, with room for capacity, and queries of a given spread.
func (c *trial) attention(t kernel.Tuning, f kernel.KVFormat, h kernel.Heads, pos, capacity, n int, spread float64) {
	queries := min(capacity, 64)
	c.attentionCase(t, c.cache(f, pos+capacity, h), h, pos, queries, n, c.normal(queries*h.NHeads*h.HeadDim, spread))
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
	v := c.normal(len(k), 1)
	kv := kernel.KV{Format: kernel.KVF32, K: c.floats(k), V: c.floats(v), Context: pos + capacity}
	c.attentionCase(t, cached{kv, k, v}, h, pos, capacity, n, q)
}

// A cached is a KV cache with some numbers, and what they are.
type cached struct {
	kernel.KV
	k, v []float32 // [context, nKVHeads, headDim]
}

// cache makes one as engine/mixtral's KVCache describes it.
func (c *trial) cache(f kernel.KVFormat, context int, h kernel.Heads) cached {
	c.Helper()
	n := context * h.NKVHeads * h.HeadDim
	k, v := c.normal(n, 1), c.normal(n, 1)
	kv := kernel.KV{Format: f, Context: context}
	half := h.HeadDim / 2
	switch f {
	case kernel.KVF32:
		kv.K, kv.V = c.floats(k), c.floats(v)
	case kernel.KVF16:
		pack := func(x []float32) gpu.Binding {
			var words []uint32
			for row := 0; row < n; row += h.HeadDim {
				for i := row; i < row+half; i++ {
					a, b := quant.ToF16(x[i]), quant.ToF16(x[i+half])
					x[i], x[i+half] = quant.FromF16(a), quant.FromF16(b)
					words = append(words, uint32(a)|uint32(b)<<16)
				}
			}
			return c.words(words...)
		}
		kv.K, kv.V = pack(k), pack(v)
	case kernel.KVQ8:
		var scales []uint32
		numbers := func(x []float32, shift int) []uint32 {
			words := make([]uint32, n/4)
			for row := 0; row < n; row += h.HeadDim {
				for first := 0; first < half; first += 16 {
					scale := quant.ToF16(float32(0.005 + 0.01*c.rng.Float64()))
					if shift == 0 {
						scales = append(scales, 0)
					}
					scales[row/h.HeadDim*((half+15)/16)+first/16] |= uint32(scale) << shift
					for i := first; i < min(first+16, half); i++ {
						for j := range 2 {
							step := c.rng.IntN(255) - 127
							x[row+i+j*half] = float32(step) * quant.FromF16(scale)
							words[row/4+i/4*2+j] |= uint32(byte(int8(step))) << (i % 4 * 8)
						}
					}
				}
			}
			return words
		}
		kWords := numbers(k, 0)
		kv.V = c.words(numbers(v, 16)...)
		kv.K = c.words(append(kWords, append(scales, 0)[:len(scales)+len(scales)%2]...)...)
	}
	return cached{kv, k, v}
}

// runAttention returns what the op gives for n tokens.
func (c *trial) runAttention(t kernel.Tuning, kv kernel.KV, q []float32, h kernel.Heads, pos, capacity, n int) *output {
	c.Helper()
	y := c.output(capacity * h.NHeads * h.HeadDim)
	parts := c.output(max(1, kernel.AttentionPartBytes(t, capacity, kv.Context, h)/4))
	c.run(kernel.Attention(t, c.floats(q), kv, c.state(pos, n), parts.binding, y.binding, capacity, h)...)
	parts.sampled()
	parts.check("parts") // the canaries
	return y
}

func (c *trial) attentionCase(t kernel.Tuning, kv cached, h kernel.Heads, pos, capacity, n int, q []float32) {
	y := c.runAttention(t, kv.KV, q, h, pos, capacity, n)
	d := h.HeadDim
	for token := range n {
		for head := range h.NHeads {
			group := head * h.NKVHeads / h.NHeads
			at := (token*h.NHeads + head) * d
			length := pos + token + 1
			scores := make([]float64, length)
			peak, off := math.Inf(-1), 0.0
			for p := range length {
				s, tol := product(q[at:at+d], kv.k[(p*h.NKVHeads+group)*d:])
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
					term := weight / total * float64(kv.v[(p*h.NKVHeads+group)*d+i])
					sum += term
					most += math.Abs(term)
				}
				y.near(at+i, sum, most*(2*off+4e-6)+1e-7)
			}
		}
	}
	y.check("y")
}

// attentionBits holds tokens that run together to the bits of tokens that run alone, and a
// cache that is just long enough to one with room.
func (c *trial) attentionBits(t kernel.Tuning, f kernel.KVFormat, h kernel.Heads, pos int) {
	const n = 4
	q := c.normal(n*h.NHeads*h.HeadDim, 1)
	kv := c.cache(f, pos+n, h)
	together := c.runAttention(t, kv.KV, q, h, pos, n, n).read()
	row := h.NHeads * h.HeadDim
	for token := range n {
		one := c.runAttention(t, kv.KV, q[token*row:(token+1)*row], h, pos+token, 1, 1)
		for i, w := range together[token*row : (token+1)*row] {
			one.word(i, w)
		}
		one.check(name("token %d", token))
	}
	if f == kernel.KVQ8 {
		return // its scales would lie elsewhere
	}
	first := c.runAttention(t, kv.KV, q, h, 10, n, n).read()
	kv.Context = 11 + n
	short := c.runAttention(t, kv.KV, q, h, 10, n, n)
	for i, w := range first {
		short.word(i, w)
	}
	short.check("a short cache")
}
