package kerneltest

import (
	"testing"

	"mixtab/engine/kernel"
)

func testCopy(t *testing.T, s *suite) {
	wg := s.tuning.RowWG
	for _, quads := range append(around(wg), 16*wg-1, 16*wg+1, 40_000) {
		s.try(t, name("quads=%d", quads), func(c *trial) {
			x := bits(c.normal(4*quads+8, 1)) // the last two are not copied
			y := c.output(len(x))
			c.run(kernel.Copy(s.tuning, c.words(x...), y.binding, 16*quads))
			for i, w := range x[:4*quads] {
				y.word(i, w)
			}
			y.check("y")
		})
	}
}
