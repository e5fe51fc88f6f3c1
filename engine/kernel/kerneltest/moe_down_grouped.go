package kerneltest

import (
	"testing"

	"mixtab/engine/kernel"
)

func testMoEDownGrouped(t *testing.T, s *suite) {
	expertCases(t, s, func(c *trial, e expertCase) {
		down, downs := c.experts(e)
		routes, _ := c.routes(e.n, e.choice)
		plan := planOf(e.tuning, e.capacity, e.choice, routes)
		x := c.normal(e.capacity*e.choice.TopK*e.cols, 1)
		y := c.output(e.capacity * e.choice.TopK * e.rows)
		c.run(kernel.MoEDownGrouped(e.tuning, c.floats(x), c.words(plan...), down, y.binding, e.capacity, e.choice))
		for entry, r := range routes {
			for row := range e.rows {
				v, tol := product(downs[r.expert].row(row), x[entry*e.cols:])
				y.near(entry*e.rows+row, v, tol)
			}
		}
		y.check("y")
		c.compared++ // with no tokens, that y stayed as it was
	})
	s.try(t, "mixtral", func(c *trial) {
		const n = 4
		down, large := c.mixtralExperts(mixtralDim, mixtralHidden)
		routes, _ := c.routes(n, twoExperts)
		plan := planOf(s.tuning, n, twoExperts, routes)
		x := c.normal(n*2*mixtralHidden, 1)
		y := c.output(n * 2 * mixtralDim)
		c.run(kernel.MoEDownGrouped(s.tuning, c.floats(x), c.words(plan...), down, y.binding, n, twoExperts))
		y.sampled()
		for _, row := range c.someOf(mixtralDim) {
			rows := [2][]float32{large[0].row(row), large[1].row(row)}
			for entry, r := range routes {
				v, tol := product(rows[r.expert], x[entry*mixtralHidden:])
				y.near(entry*mixtralDim+row, v, tol)
			}
		}
		y.check("y")
	})
}
