package kerneltest

import (
	"testing"

	"mixtab/engine/kernel"
)

func testAttentionTiled(t *testing.T, s *suite) {
	small := kernel.Heads{NHeads: 3, NKVHeads: 1, HeadDim: 32}
	tuning := s.tuning
	tuning.Attention = kernel.ByTeam
	for _, f := range kernel.KVFormats {
		shapes := []kernel.Heads{{NHeads: 6, NKVHeads: 2, HeadDim: 32}}
		if f == kernel.KVF32 { // the others are read alike, and SwiftShader compiles a shape for seconds
			shapes = append(shapes,
				kernel.Heads{NHeads: 4, NKVHeads: 1, HeadDim: 16},
				kernel.Heads{NHeads: 4, NKVHeads: 4, HeadDim: 24}, // no power of two
				kernel.Heads{NHeads: 7, NKVHeads: 1, HeadDim: 64}, // more heads than a workgroup takes
				kernel.Heads{NHeads: 8, NKVHeads: 2, HeadDim: 128})
		}
		for _, h := range shapes {
			for _, n := range []int{1, 7, 8, 9, 40} { // of a chunk of 40
				s.try(t, name("%v/heads=%v/n=%d", f, h, n), func(c *trial) { c.attention(tuning, f, h, []int{0, 21, 31, 300}[n%4], 40, n, 1) })
			}
		}
		s.try(t, name("%v/peaked", f), func(c *trial) { c.attention(tuning, f, small, 900, 20, 20, 30) })
		s.try(t, name("%v/long", f), func(c *trial) { c.attention(tuning, f, small, 9000, 9, 9, 5) })
		s.try(t, name("%v/one by one", f), func(c *trial) { c.tiledBits(tuning, f, small, 100) })
	}
	s.try(t, "rising", func(c *trial) { // every tile has a larger peak than the one before
		c.attentionOf(tuning, small, 600, 9, 9, func(p int) float64 { return 64 * float64(p) })
	})
	s.try(t, "falling", func(c *trial) { // and here the first tile has it all
		c.attentionOf(tuning, small, 600, 9, 9, func(p int) float64 { return -64 * float64(p) })
	})
}

// tiledBits holds tokens of one chunk to the bits of two that they are cut into.
func (c *trial) tiledBits(t kernel.Tuning, f kernel.KVFormat, h kernel.Heads, pos int) {
	const n, cut = 30, 11
	row := h.NHeads * h.HeadDim
	q := c.normal(n*row, 1)
	kv := c.cache(f, pos+n, h)
	together := c.runAttention(t, kv.KV, q, h, pos, n, n).read()
	for _, piece := range [][2]int{{0, cut}, {cut, n}} {
		some := c.runAttention(t, kv.KV, q[piece[0]*row:piece[1]*row], h, pos+piece[0], piece[1]-piece[0], piece[1]-piece[0])
		for i, w := range together[piece[0]*row : piece[1]*row] {
			some.word(i, w)
		}
		some.check(name("from token %d on", piece[0]))
	}
}
