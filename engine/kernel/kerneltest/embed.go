package kerneltest

import (
	"testing"

	"mixtab/engine/kernel"
	"mixtab/engine/quant"
)

func testEmbed(t *testing.T, s *suite) {
	wg := s.tuning.RowWG
	for _, f := range quant.Formats {
		for _, dim := range []int{32, 96, 160, 32 * (wg - 1), 32 * wg, 32 * (wg + 1)} {
			s.try(t, name("%v/dim=%d", f, dim), func(c *trial) { c.embed(s.tuning, f, dim, 5) })
		}
		s.try(t, name("%v/tuning", f), func(c *trial) { c.embed(otherTuning, f, 32*49, 5) })
	}
	s.try(t, "q8/mixtral", func(c *trial) { c.embed(s.tuning, quant.Q8, 4096, 4) })
}

// embed has rows 7 … 16 of a table, tokens in it and beside it, and room for one more
// token than the pass has.
func (c *trial) embed(t kernel.Tuning, f quant.Format, dim, n int) {
	const rows, row0 = 10, 7
	w, m := c.weights(f, rows, dim)
	tokens := []uint32{row0 + 3, row0 + rows, row0, row0 - 1, row0 + rows - 1, 0, row0}
	x := c.output((n + 1) * dim)
	c.run(kernel.Embed(t, f, c.words(tokens[:n+1]...), c.state(9, n), w, x.binding, n+1, dim, rows, row0))
	for i, token := range tokens[:n] {
		if token < row0 || token >= row0+rows {
			continue
		}
		for j, v := range m.row(int(token - row0)) {
			x.near(i*dim+j, float64(v), 0)
		}
	}
	x.check("x")
}
