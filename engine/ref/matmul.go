package ref

// x, state, w, y
func matmul(c *call) {
	state, y := c.b[1], c.b[3].floats()
	rows, cols, stride, offset, maxTokens := c.param(0), c.param(1), c.param(2), c.param(3), c.param(4)
	m := c.matrix(c.b[2], 0, rows, cols)
	n := min(int(state[stateN]), maxTokens, c.reach(1, c.constant("TOKENS")))
	accumulate := c.param(5) != 0
	x := widen(c.b[0].floats()[:n*cols])
	parallel(min(rows, c.rowReach()), func(first, end int) {
		buf := newRow(cols)
		for r := first; r < end; r++ {
			w := buf.load(m, r)
			for t := range n {
				p := &y[t*stride+offset+r]
				sum := dot(w, x[t*cols:])
				if accumulate {
					sum += float64(*p)
				}
				*p = float32(sum)
			}
		}
	})
}
