package kerneltest

import (
	"math"
	"testing"

	"mixtab/engine/kernel"
)

func testMoECombine(t *testing.T, s *suite) {
	for _, choice := range []kernel.Choice{{Experts: 4, TopK: 1}, {Experts: 8, TopK: 2}, {Experts: 16, TopK: 3}} {
		for _, dim := range append(around(s.tuning.RowWG), 160) {
			s.try(t, name("%d of %d/dim=%d", choice.TopK, choice.Experts, dim), func(c *trial) {
				c.combine(s.tuning, dim, 4, 5, choice)
			})
		}
	}
	s.try(t, "tuning", func(c *trial) { c.combine(otherTuning, 100, 3, 3, kernel.Choice{Experts: 8, TopK: 2}) })
	s.try(t, "mixtral", func(c *trial) { c.combine(s.tuning, mixtralDim, 3, 4, kernel.Choice{Experts: 8, TopK: 2}) })
}

func (c *trial) combine(t kernel.Tuning, dim, n, capacity int, choice kernel.Choice) {
	routes, route := c.routes(capacity, choice)
	x, old := c.normal(len(routes)*dim, 1), c.normal(capacity*dim, 1)
	y := c.outputOf(bits(old))
	c.run(kernel.MoECombine(t, c.floats(x), route, c.state(0, n), y.binding, capacity, dim, choice))
	for i := range n * dim {
		token, d := i/dim, i%dim
		sum := float64(old[i])
		most := math.Abs(sum)
		for j := range choice.TopK {
			entry := token*choice.TopK + j
			term := float64(routes[entry].weight) * float64(x[entry*dim+d])
			sum += term
			most += math.Abs(term)
		}
		y.near(i, sum, roundoff*most)
	}
	y.check("y")
}
