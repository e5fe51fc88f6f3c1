package kerneltest

import (
	"math"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
)

func testRouter(t *testing.T, s *suite) {
	for _, choice := range []kernel.Choice{
		{Experts: 4, TopK: 1}, {Experts: 4, TopK: 2}, {Experts: 8, TopK: 2}, {Experts: 8, TopK: 3},
		{Experts: 16, TopK: 1}, {Experts: 16, TopK: 3}, {Experts: 4, TopK: 4},
	} {
		for _, dim := range append(around(s.tuning.ReduceWG), 96, 160) {
			s.try(t, name("%d of %d/dim=%d", choice.TopK, choice.Experts, dim), func(c *trial) {
				c.router(s.tuning, c.gate(choice, dim, 1), dim, choice)
			})
		}
	}
	mixtral := kernel.Choice{Experts: 8, TopK: 2}
	s.try(t, "mixtral", func(c *trial) { c.router(s.tuning, c.gate(mixtral, 4096, 0.05), 4096, mixtral) })
	s.try(t, "tuning", func(c *trial) { c.router(otherTuning, c.gate(mixtral, 160, 1), 160, mixtral) })
	s.try(t, "large", func(c *trial) { c.router(s.tuning, c.gate(mixtral, 96, 1000), 96, mixtral) })
	s.try(t, "ties", func(c *trial) { // experts 1, 3 and 6 want the same
		const dim = 96
		gate := c.gate(mixtral, dim, 1)
		copy(gate[3*dim:4*dim], gate[dim:2*dim])
		copy(gate[6*dim:7*dim], gate[dim:2*dim])
		c.router(s.tuning, gate, dim, mixtral)
	})
	s.try(t, "equal", func(c *trial) { c.router(s.tuning, make([]float32, 8*96), 96, mixtral) })
	s.try(t, "faults", func(c *trial) { c.faults(mixtral) })
	s.try(t, "faults/3 of 16", func(c *trial) { c.faults(kernel.Choice{Experts: 16, TopK: 3}) })
	s.try(t, "unit", func(c *trial) {
		var g struct {
			Logits  [][]float32 `json:"logits"`
			Top2    [][]uint32  `json:"top2"`
			Weights [][]float64 `json:"weights"`
		}
		c.unit("router", &g)
		// Ones are their own norm, so that the norm's weights are the logits of an
		// identity gate.
		ones, gate := make([]float32, 8), make([]float32, 64)
		for i := range 8 {
			ones[i], gate[9*i] = 1, 1
		}
		for j, logits := range g.Logits {
			h, route := c.output(8), c.output(4)
			c.run(kernel.Router(s.tuning, c.floats(ones), c.floats(logits), c.floats(gate), c.state(0, 1), h.binding, route.binding, 1, 8, 0, mixtral, kernel.RouterSlots{}))
			for i, v := range logits {
				h.near(i, float64(v), 1e-6*math.Abs(float64(v)))
			}
			for i, e := range g.Top2[j] {
				route.word(2*i, e)
				route.near(2*i+1, g.Weights[j][i], 1e-6+2e-6*math.Abs(float64(logits[e])))
			}
			h.check(name("case %d: h", j))
			route.check(name("case %d: route", j))
		}
	})
}

// faults runs a pass of one token whose experts are all there, then some that are not.
func (c *trial) faults(choice kernel.Choice) {
	const dim = 96
	x, w, gate := c.normal(dim, 1), c.normal(dim, 1), c.gate(choice, dim, 1)
	for !c.clear(x, w, gate, dim, choice) {
		x = c.normal(dim, 1)
	}
	logits, _ := routerLogits(x, w, gate, choice.Experts)
	experts, _ := chosen(logits, choice.TopK)
	layout := kernel.StateLayout{Layers: 3, Choice: choice}
	for _, tt := range []struct {
		n      int
		absent []int
		fault  uint32
	}{
		{1, nil, 0},
		{1, experts[:1], 2},
		{1, experts[choice.TopK-1:], 2},
		{1, experts, 2},
		{0, experts, 0}, // the pass waits already
	} {
		state, table := c.slots(tt.n, choice, tt.absent...)
		slots := kernel.RouterSlots{Table: table, Trace: layout.Trace(1), Fault: 2}
		h, route := c.output(dim), c.output(2*choice.TopK)
		c.run(kernel.Router(c.tuning, c.floats(x), c.floats(w), c.floats(gate), state.binding, h.binding, route.binding, 1, dim, 1e-5, choice, slots))
		if tt.fault != 0 {
			state.word(kernel.StateN, 0)
			state.word(kernel.StateFault, tt.fault)
		}
		got := route.read()
		for i, e := range experts[:choice.TopK*tt.n] {
			state.word(slots.Trace+2*i, uint32(e))
			state.word(slots.Trace+2*i+1, got[2*i+1])
			if got[2*i] != uint32(e) {
				c.Errorf("absent %v: expert %d was chosen, want %d", tt.absent, got[2*i], e)
			}
		}
		state.check(name("absent %v: state", tt.absent))
		c.compared++
	}
}

func (c *trial) gate(choice kernel.Choice, dim int, spread float64) []float32 {
	return c.normal(choice.Experts*dim, spread)
}

// router has two tokens and room for three.
func (c *trial) router(t kernel.Tuning, gate []float32, dim int, choice kernel.Choice) {
	const n, capacity = 2, 3
	w := c.normal(dim, 1)
	var x []float32
	for range 100 { // until no two experts are almost equal
		x = c.normal(capacity*dim, 1)
		if c.clear(x[:n*dim], w, gate, dim, choice) {
			break
		}
	}
	h, route := c.output(capacity*dim), c.output(2*capacity*choice.TopK)
	c.run(kernel.Router(t, c.floats(x), c.floats(w), c.floats(gate), c.state(5, n), h.binding, route.binding, capacity, dim, 1e-5, choice, kernel.RouterSlots{}))
	for token := range n {
		for i, v := range normalised(x[token*dim:(token+1)*dim], w, 1e-5) {
			h.near(token*dim+i, v, roundoff*math.Abs(v))
		}
		logits, tol := routerLogits(x[token*dim:(token+1)*dim], w, gate, choice.Experts)
		experts, weights := chosen(logits, choice.TopK)
		for i, e := range experts {
			at := 2 * (token*choice.TopK + i)
			route.word(at, uint32(e))
			route.near(at+1, weights[i], weights[i]*(4*tol+1e-6)+1e-7)
		}
	}
	h.check("h")
	route.check("route")
}

// clear says whether rounding cannot change the choice: logits that might are far
// apart, or exactly equal.
func (c *trial) clear(x, w, gate []float32, dim int, choice kernel.Choice) bool {
	for token := 0; token < len(x); token += dim {
		logits, tol := routerLogits(x[token:token+dim], w, gate, choice.Experts)
		for i, a := range logits {
			for _, b := range logits[:i] {
				if a != b && math.Abs(a-b) < 2*tol {
					return false
				}
			}
		}
	}
	return true
}

func routerLogits(x, w, gate []float32, experts int) (logits []float64, tol float64) {
	h := normalised(x, w, 1e-5)
	logits = make([]float64, experts)
	for e := range logits {
		sum := 0.0
		for i, v := range h {
			p := v * float64(gate[e*len(x)+i])
			logits[e] += p
			sum += math.Abs(p)
		}
		tol = max(tol, roundoff*sum)
	}
	return logits, tol
}

// chosen is the k largest logits' experts, and the softmax over them.
func chosen(logits []float64, k int) (experts []int, weights []float64) {
	total := 0.0
	for e, logit := range logits {
		rank := 0 // how many come before e
		for other, v := range logits {
			if v > logit || v == logit && other < e {
				rank++
			}
		}
		for len(experts) < k {
			experts = append(experts, 0)
		}
		if rank < k {
			experts[rank] = e
		}
	}
	for _, e := range experts {
		weights = append(weights, math.Exp(logits[e]-logits[experts[0]]))
		total += weights[len(weights)-1]
	}
	for i := range weights {
		weights[i] /= total
	}
	return experts, weights
}

// routes is the router's output as a test makes it: random experts, the weights of a
// softmax.
func (c *trial) routes(n int, choice kernel.Choice) (entries []route, binding gpu.Binding) {
	var words []uint32
	for range n {
		logits := make([]float64, choice.Experts)
		for e := range logits {
			logits[e] = c.rng.NormFloat64()
		}
		experts, weights := chosen(logits, choice.TopK)
		for i, e := range experts {
			r := route{e, float32(weights[i])}
			entries = append(entries, r)
			words = append(words, uint32(e), math.Float32bits(r.weight))
		}
	}
	return entries, c.words(words...)
}

// A route sends a token to an expert.
type route struct {
	expert int
	weight float32
}
