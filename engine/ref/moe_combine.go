package ref

import "math"

// x, route, state, y
func moeCombine(c *call) {
	x, route, state, y := c.b[0].floats(), c.b[1], c.b[2], c.b[3].floats()
	dim, topK := c.param(0), c.constant("TOP_K")
	for t := range min(int(state[stateN]), c.reach(1, 1)) {
		for d := range min(dim, c.reach(0, c.constant("WG"))) {
			sum := float64(y[t*dim+d])
			for i := t * topK; i < (t+1)*topK; i++ {
				sum += float64(float64(math.Float32frombits(route[2*i+1])) * float64(x[i*dim+d]))
			}
			y[t*dim+d] = float32(sum)
		}
	}
}
