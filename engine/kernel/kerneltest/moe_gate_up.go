package kerneltest

import (
	"testing"

	"mixtab/engine/kernel"
	"mixtab/engine/quant"
)

func testMoEGateUp(t *testing.T, s *suite) {
	expertCases(t, s, func(c *trial, e expertCase) {
		gate, gates := c.experts(e)
		up, ups := c.experts(e)
		n := min(e.n, 2)
		routes, route := c.routes(3, e.choice)
		x := c.normal(3*e.cols, 1)
		a := c.output(3 * e.choice.TopK * e.rows)
		state, table := c.slots(n, e.choice)
		c.run(kernel.MoEGateUp(e.tuning, c.floats(x), route, gate, up, state.binding, a.binding, table, 3, e.choice))
		for i, r := range routes[:n*e.choice.TopK] {
			for row := range e.rows {
				v, tol := swiglu(gates[r.expert].row(row), ups[r.expert].row(row), x[i/e.choice.TopK*e.cols:])
				a.near(i*e.rows+row, v, tol)
			}
		}
		a.check("a")
		c.compared++ // with no tokens, that a stayed as it was
	})
	s.try(t, "mixtral", func(c *trial) {
		gate, large := c.mixtralExperts(mixtralHidden, mixtralDim)
		up := gate
		up.A, up.B = gate.B, gate.A
		routes, route := c.routes(1, twoExperts)
		x := c.normal(mixtralDim, 1)
		a := c.output(2 * mixtralHidden)
		state, table := c.slots(1, twoExperts)
		c.run(kernel.MoEGateUp(s.tuning, c.floats(x), route, gate, up, state.binding, a.binding, table, 1, twoExperts))
		a.sampled()
		for _, row := range c.someOf(mixtralHidden) {
			for i, r := range routes {
				v, tol := swiglu(large[r.expert].row(row), large[1-r.expert].row(row), x)
				a.near(i*mixtralHidden+row, v, tol)
			}
		}
		a.check("a")
	})
	s.try(t, "silu", func(c *trial) {
		var g struct{ X, Y []float64 }
		c.unit("silu", &g)
		// One expert; its gate times x is x itself, and its up times x is 1.
		rows := len(g.X)
		gateValues, upValues := make([]float32, rows*quant.Group), make([]float32, rows*quant.Group)
		for i, v := range g.X {
			gateValues[i*quant.Group], upValues[i*quant.Group] = float32(v), 1
		}
		x := make([]float32, quant.Group)
		x[0] = 1
		one := kernel.Choice{Experts: 1, TopK: 1}
		m := kernel.ExpertMatrix{Format: quant.F32, Rows: rows, Cols: quant.Group, Slots: 1, PerBank: 1, Stride: 4 * rows * quant.Group}
		gate, up := m, m
		gate.A = c.floats(gateValues)
		up.A = c.floats(upValues)
		gate.B, up.B = gate.A, up.A
		a := c.output(rows)
		state, table := c.slots(1, one)
		c.run(kernel.MoEGateUp(s.tuning, c.floats(x), c.words(0, 0x3f800000), gate, up, state.binding, a.binding, table, 1, one))
		for i, v := range g.Y {
			a.near(i, v, 4e-6*max(v, -v)+1e-12)
		}
		a.check("a")
	})
}
