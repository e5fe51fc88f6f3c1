package ref

import "math"

// x, route, down a, down b, state, y
func moeDown(c *call) {
	route, state, y := c.b[1], c.b[4], c.b[5].floats()
	rows, cols := c.param(0), c.param(1)
	topK := c.constant("TOP_K")
	n := min(int(state[stateN]), c.reach(1, 1))
	x := widen(c.b[0].floats()[:n*topK*cols])
	parallel(min(rows, c.rowReach()), func(first, end int) {
		buf := newRow(cols)
		for t := range n {
			for r := first; r < end; r++ {
				sum := float64(y[t*rows+r])
				for i := t * topK; i < (t+1)*topK; i++ {
					down := c.expert(c.b[2], c.b[3], state[c.param(4)+int(route[2*i])])
					weight := float64(math.Float32frombits(route[2*i+1]))
					// Rounded as where a chunk's experts leave it for moe_combine, so that both agree.
					sum += float64(weight * float64(float32(dot(buf.load(down, r), x[i*cols:]))))
				}
				y[t*rows+r] = float32(sum)
			}
		}
	})
}
