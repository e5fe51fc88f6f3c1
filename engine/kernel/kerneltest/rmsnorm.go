package kerneltest

import (
	"math"
	"testing"

	"mixtab/engine/kernel"
)

func testRMSNorm(t *testing.T, s *suite) {
	for _, dim := range append(around(s.tuning.ReduceWG), 96, 160, 4096) {
		s.try(t, name("dim=%d", dim), func(c *trial) {
			c.rmsnorm(s.tuning, c.normal(5*dim, 1), c.normal(dim, 1), 3, dim, 1e-5, false)
		})
	}
	s.try(t, "last", func(c *trial) {
		c.rmsnorm(s.tuning, c.normal(5*96, 1), c.normal(96, 1), 3, 96, 1e-5, true)
	})
	s.try(t, "tuning", func(c *trial) {
		c.rmsnorm(otherTuning, c.normal(5*160, 1), c.normal(160, 1), 3, 160, 1e-5, false)
	})
	s.try(t, "large", func(c *trial) {
		c.rmsnorm(s.tuning, c.normal(5*160, 1e4), c.normal(160, 1), 3, 160, 1e-5, false)
	})
	s.try(t, "small", func(c *trial) {
		c.rmsnorm(s.tuning, c.normal(5*160, 1e-4), c.normal(160, 1), 3, 160, 1e-5, false)
	})
	s.try(t, "zero", func(c *trial) {
		c.rmsnorm(s.tuning, make([]float32, 5*32), c.normal(32, 1), 3, 32, 1e-5, false)
	})
	s.try(t, "unit", func(c *trial) {
		var g struct {
			Weight []float32   `json:"weight"`
			X      [][]float32 `json:"x"`
			Y      [][]float64 `json:"y"`
		}
		c.unit("rmsnorm_eps1e-5", &g)
		n, dim := len(g.X), len(g.Weight)
		var x []float32
		for _, row := range g.X {
			x = append(x, row...)
		}
		y := c.output(n * dim)
		c.run(kernel.RMSNorm(s.tuning, c.floats(x), c.floats(g.Weight), c.state(0, n), y.binding, n, dim, 1e-5, false))
		for t, row := range g.Y {
			for i, v := range row {
				y.near(t*dim+i, v, 2e-6*math.Abs(v))
			}
		}
		y.check("y")
	})
}

// rmsnorm has n tokens of the 5 that x holds.
func (c *trial) rmsnorm(t kernel.Tuning, x, w []float32, n, dim int, eps float32, last bool) {
	y := c.output(len(x))
	c.run(kernel.RMSNorm(t, c.floats(x), c.floats(w), c.state(2, n), y.binding, 5, dim, eps, last))
	for to := range n {
		from := to
		if last {
			from = n - 1
		}
		for i, v := range normalised(x[from*dim:(from+1)*dim], w, eps) {
			y.near(to*dim+i, v, roundoff*math.Abs(v))
		}
		if last {
			break
		}
	}
	y.check("y")
}

func normalised(x, w []float32, eps float32) []float64 {
	squares := 0.0
	for _, v := range x {
		squares += float64(v) * float64(v)
	}
	rms := math.Sqrt(squares/float64(len(x)) + float64(eps))
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v) / rms * float64(w[i])
	}
	return y
}
