package kerneltest

import (
	"math"
	"testing"

	"mixtab/engine/kernel"
)

func testMoEDown(t *testing.T, s *suite) {
	expertCases(t, s, func(c *trial, e expertCase) {
		down, downs := c.experts(e)
		n := min(e.n, 2)
		routes, route := c.routes(3, e.choice)
		x, old := c.normal(3*e.choice.TopK*e.cols, 1), c.normal(3*e.rows, 1)
		y := c.outputOf(bits(old))
		state, table := c.slots(n, e.choice)
		c.run(kernel.MoEDown(e.tuning, c.floats(x), route, down, state.binding, y.binding, table, 3, e.choice))
		for at := range n * e.rows {
			t, row := at/e.rows, at%e.rows
			sum, tol := float64(old[at]), roundoff*math.Abs(float64(old[at]))
			for i := t * e.choice.TopK; i < (t+1)*e.choice.TopK; i++ {
				v, off := product(downs[routes[i].expert].row(row), x[i*e.cols:])
				sum += float64(routes[i].weight) * v
				tol += float64(routes[i].weight) * off
			}
			y.near(at, sum, tol)
		}
		y.check("y")
		c.compared++ // with no tokens, that y stayed as it was
	})
	s.try(t, "mixtral", func(c *trial) {
		down, large := c.mixtralExperts(mixtralDim, mixtralHidden)
		routes, route := c.routes(1, twoExperts)
		x, old := c.normal(2*mixtralHidden, 1), c.normal(mixtralDim, 1)
		y := c.outputOf(bits(old))
		state, table := c.slots(1, twoExperts)
		c.run(kernel.MoEDown(s.tuning, c.floats(x), route, down, state.binding, y.binding, table, 1, twoExperts))
		y.sampled()
		for _, row := range c.someOf(mixtralDim) {
			sum, tol := float64(old[row]), roundoff*math.Abs(float64(old[row]))
			for i, r := range routes {
				v, off := product(large[r.expert].row(row), x[i*mixtralHidden:])
				sum += float64(r.weight) * v
				tol += float64(r.weight) * off
			}
			y.near(row, sum, tol)
		}
		y.check("y")
	})
}
