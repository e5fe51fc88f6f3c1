package kerneltest

import (
	"testing"

	"mixtab/engine/kernel"
)

// Whole numbers, so that nothing is rounded; the chains of a = -1 come back to where they began.
func testFMA(t *testing.T, s *suite) {
	const steps = 256
	for _, n := range append(around(s.tuning.RowWG), 5000) {
		for _, p := range []struct{ a, b float32 }{{1, 3}, {-1, 5}, {0, 7}} {
			s.try(t, name("n=%d a=%v", n, p.a), func(c *trial) {
				x := make([]float32, n)
				y := c.output(n + 2) // the last two are not written
				for i := range x {
					x[i] = float32(i % 97)
					end := 16*float64(x[i]) + 15*16/2
					switch p.a {
					case 1:
						end += 16 * steps * float64(p.b)
					case 0:
						end = 16 * float64(p.b)
					}
					y.near(i, end, 0)
				}
				c.run(kernel.FMA(s.tuning, c.floats(x), y.binding, n, p.a, p.b))
				y.check("y")
			})
		}
	}
}
