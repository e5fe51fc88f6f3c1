package kerneltest

import (
	"math"
	"testing"

	"mixtab/engine/kernel"
	"mixtab/engine/quant"
)

func testMatmul(t *testing.T, s *suite) {
	cols := []int{32, 96, 160, 256, 64}
	for _, f := range quant.Formats {
		for i, rows := range around(s.tuning.Prefill.RowSpan()) {
			for j, n := range around(s.tuning.Prefill.TokenSpan()) {
				m := matmulCase{f, n, n, rows, cols[(i+j)%len(cols)], rows, 0, (i+j)%2 == 0}
				s.try(t, name("%v/rows=%d/cols=%d/n=%d", f, rows, m.cols, n), func(c *trial) { c.matmul(s.tuning, m) })
			}
		}
		s.try(t, name("%v/part", f), func(c *trial) {
			c.matmul(s.tuning, matmulCase{f, 2, 2, 40, 96, 100, 33, false})
		})
		s.try(t, name("%v/fewer", f), func(c *trial) {
			c.matmul(s.tuning, matmulCase{f, 11, 9, 40, 96, 41, 1, true})
		})
		s.try(t, name("%v/more", f), func(c *trial) {
			c.matmul(s.tuning, matmulCase{f, 3, 7, 40, 96, 41, 1, false})
		})
		for _, v := range s.variantsOf(f) {
			s.try(t, name("%v/one/%v", f, v.Decode), func(c *trial) {
				c.loose = looseness(v.Decode, f)
				c.matmul(v, matmulCase{f, 1, 1, 97, 416, 97, 0, true})
			})
			s.try(t, name("%v/chunk/%v", f, v.Prefill), func(c *trial) {
				c.loose = looseness(v.Prefill, f)
				c.matmul(v, matmulCase{f, 37, 35, 97, 96, 97, 0, true})
			})
		}
	}
	s.try(t, "one", func(c *trial) { // logits of the last token, of a pass of many
		c.matmul(s.tuning, matmulCase{quant.Q8, 1, 5, 40, 96, 40, 0, false})
	})
	s.try(t, "none", func(c *trial) {
		y := c.output(40 * 9)
		w, _ := c.weights(quant.Q4, 40, 96)
		c.run(kernel.Matmul(s.tuning, quant.Q4, c.floats(c.normal(9*96, 1)), c.state(0, 0), w, y.binding, 9, 40, 96, 40, 0, false))
		y.check("y")
		c.compared++
	})
	for _, r := range []struct{ n, rows, cols int }{{1, 32000, 4096}, {4, 4096, 4096}, {2, 4096, 14336}} {
		s.try(t, name("mixtral/%dx%d", r.rows, r.cols), func(c *trial) {
			w := c.largeQ4(r.rows, r.cols, 1)
			x := c.normal(r.n*r.cols, 1)
			y := c.output(r.n * r.rows)
			c.run(kernel.Matmul(s.tuning, quant.Q4, c.floats(x), c.state(0, r.n), w.binding, y.binding, r.n, r.rows, r.cols, r.rows, 0, false))
			y.sampled()
			for _, row := range c.someOf(r.rows) {
				values := w.row(row)
				for t := range r.n {
					sum, tol := product(values, x[t*r.cols:])
					y.near(t*r.rows+row, sum, tol)
				}
			}
			y.check("y")
		})
	}
}

// A matmulCase is a pass of stateN tokens through an op that does at most n.
type matmulCase struct {
	format         quant.Format
	n, stateN      int
	rows, cols     int
	stride, offset int
	accumulate     bool
}

func (c *trial) matmul(t kernel.Tuning, m matmulCase) {
	w, dense := c.weights(m.format, m.rows, m.cols)
	tokens := max(m.n, m.stateN)
	x := c.normal(tokens*m.cols, 1)
	old := c.normal(tokens*m.stride, 3)
	y := c.outputOf(bits(old))
	c.run(kernel.Matmul(t, m.format, c.floats(x), c.state(3, m.stateN), w, y.binding, m.n, m.rows, m.cols, m.stride, m.offset, m.accumulate))
	for t := range min(m.n, m.stateN) {
		for r := range m.rows {
			sum, tol := product(dense.row(r), x[t*m.cols:])
			at := t*m.stride + m.offset + r
			if m.accumulate {
				sum += float64(old[at])
				tol += 2e-7 * math.Abs(float64(old[at]))
			}
			y.near(at, sum, tol)
		}
	}
	y.check("y")
}
