package ref

import "math"

// x, route, down a, down b, state, y
func moeDown(c *call) {
	route, state, y := c.b[1], c.b[4], c.b[5].floats()
	if state[stateN] == 0 {
		return
	}
	rows, cols := c.param(0), c.param(1)
	topK := c.constant("TOP_K")
	x := widen(c.b[0].floats()[:topK*cols])
	parallel(min(rows, c.reach(0, c.constant("WG")*c.constant("ROWS"))), func(first, end int) {
		buf := newRow(cols)
		for r := first; r < end; r++ {
			sum := float64(y[r])
			for i := range topK {
				down := c.expert(c.b[2], c.b[3], state[c.param(4)+int(route[2*i])])
				weight := float64(math.Float32frombits(route[2*i+1]))
				sum += float64(weight * dot(buf.load(down, r), x[i*cols:]))
			}
			y[r] = float32(sum)
		}
	})
}
