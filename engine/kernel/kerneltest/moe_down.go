package kerneltest

import (
	"math"
	"testing"

	"mixtab/engine/kernel"
	"mixtab/engine/quant"
)

func testMoEDown(t *testing.T, s *suite) {
	expertCases(t, s, func(c *trial, e expertCase) {
		down, downs := c.experts(e)
		routes, route := c.routes(1, e.choice)
		x, old := c.normal(e.choice.TopK*e.cols, 1), c.normal(e.rows, 1)
		y := c.outputOf(bits(old))
		state, table := c.slots(1, e.choice)
		c.run(kernel.MoEDown(e.tuning, c.floats(x), route, down, state.binding, y.binding, table, e.choice))
		for row := range e.rows {
			sum, tol := float64(old[row]), roundoff*math.Abs(float64(old[row]))
			for i, r := range routes {
				v, off := product(downs[r.expert].row(row), x[i*e.cols:])
				sum += float64(r.weight) * v
				tol += float64(r.weight) * off
			}
			y.near(row, sum, tol)
		}
		y.check("y")
	})
	s.try(t, "mixtral", func(c *trial) {
		down, large := c.mixtralExperts(mixtralDim, mixtralHidden)
		routes, route := c.routes(1, twoExperts)
		x, old := c.normal(2*mixtralHidden, 1), c.normal(mixtralDim, 1)
		y := c.outputOf(bits(old))
		state, table := c.slots(1, twoExperts)
		c.run(kernel.MoEDown(s.tuning, c.floats(x), route, down, state.binding, y.binding, table, twoExperts))
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
	s.try(t, "waiting", func(c *trial) {
		e := expertCase{tuning: s.tuning, format: quant.Q4, rows: 40, cols: 64, choice: kernel.Choice{Experts: 8, TopK: 2}, perBank: 4}
		down, _ := c.experts(e)
		_, route := c.routes(1, e.choice)
		y := c.output(e.rows)
		state, table := c.slots(0, e.choice)
		c.run(kernel.MoEDown(e.tuning, c.floats(c.normal(2*e.cols, 1)), route, down, state.binding, y.binding, table, e.choice))
		y.check("y")
		c.compared++
	})
}
