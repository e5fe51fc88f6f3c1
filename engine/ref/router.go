package ref

import "math"

// x, w, gate, state, h, route
func router(c *call) {
	x, w, gate, state := c.b[0].floats(), c.b[1].floats(), c.b[2].floats(), c.b[3]
	h, route := c.b[4].floats(), c.b[5]
	dim, eps := c.param(0), c.paramFloat(1)
	table, trace, fault := c.param(2), c.param(3), c.param(4)
	experts, topK := c.constant("EXPERTS"), c.constant("TOP_K")
	logits := make([]float64, experts)
	for t := range min(int(state[stateN]), c.reach(0, 1)) {
		token := h[t*dim : (t+1)*dim]
		normalise(token, x[t*dim:(t+1)*dim], w, eps)
		for e := range logits {
			logits[e] = 0
			for i, v := range token {
				logits[e] += float64(v) * float64(gate[e*dim+i])
			}
		}
		chosen := route[2*t*topK : 2*(t+1)*topK]
		choose(chosen, logits)
		if trace != 0 {
			copy(state[trace:], chosen)
		}
		for i := range topK {
			e := chosen[2*i]
			if fault != 0 && state[table+int(e)] == noSlot {
				state[stateN], state[stateFault] = 0, uint32(fault)
			}
		}
	}
}

// choose fills route with the experts of the largest logits, the lower expert among
// equals, and the softmax over just those.
func choose(route words, logits []float64) {
	topK := len(route) / 2
	taken := make([]bool, len(logits))
	weight := make([]float64, topK)
	top, total := 0.0, 0.0
	for i := range topK {
		best := -1
		for e, logit := range logits {
			if !taken[e] && (best < 0 || logit > logits[best]) {
				best = e
			}
		}
		taken[best] = true
		if i == 0 {
			top = logits[best]
		}
		route[2*i] = uint32(best)
		weight[i] = math.Exp(logits[best] - top)
		total += weight[i]
	}
	for i, v := range weight {
		route[2*i+1] = math.Float32bits(float32(v / total))
	}
}
