package kerneltest

import (
	"testing"

	"mixtab/engine/kernel"
)

func testMoEGateUpGrouped(t *testing.T, s *suite) {
	expertCases(t, s, func(c *trial, e expertCase) {
		gate, gates := c.experts(e)
		up, ups := c.experts(e)
		routes, _ := c.routes(e.n, e.choice)
		plan := planOf(e.tuning, e.capacity, e.choice, routes)
		x := c.normal(e.capacity*e.cols, 1)
		a := c.output(e.capacity * e.choice.TopK * e.rows)
		c.run(kernel.MoEGateUpGrouped(e.tuning, c.floats(x), c.words(plan...), gate, up, a.binding, e.capacity, e.choice))
		for entry, r := range routes {
			token := x[entry/e.choice.TopK*e.cols:]
			for row := range e.rows {
				v, tol := swiglu(gates[r.expert].row(row), ups[r.expert].row(row), token)
				a.near(entry*e.rows+row, v, tol)
			}
		}
		a.check("a")
		c.compared++ // with no tokens, that a stayed as it was
	})
	s.try(t, "mixtral", func(c *trial) {
		const n = 4
		gate, large := c.mixtralExperts(mixtralHidden, mixtralDim)
		up := gate
		up.A, up.B = gate.B, gate.A
		routes, _ := c.routes(n, twoExperts)
		plan := planOf(s.tuning, n, twoExperts, routes)
		x := c.normal(n*mixtralDim, 1)
		a := c.output(n * 2 * mixtralHidden)
		c.run(kernel.MoEGateUpGrouped(s.tuning, c.floats(x), c.words(plan...), gate, up, a.binding, n, twoExperts))
		a.sampled()
		for _, row := range c.someOf(mixtralHidden) {
			rows := [2][]float32{large[0].row(row), large[1].row(row)}
			for entry, r := range routes {
				v, tol := swiglu(rows[r.expert], rows[1-r.expert], x[entry/2*mixtralDim:])
				a.near(entry*mixtralHidden+row, v, tol)
			}
		}
		a.check("a")
	})
}
