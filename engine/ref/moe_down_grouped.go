package ref

// x, plan, down a, down b, y
func moeDownGrouped(c *call) {
	x, y := c.b[0].floats(), c.b[4].floats()
	rows, cols := c.param(0), c.param(1)
	c.planned(c.b[1], func(slot uint32, entries []uint32) {
		down := c.expert(c.b[2], c.b[3], slot)
		var hidden [][]float64
		for _, entry := range entries {
			hidden = append(hidden, widen(x[int(entry)*cols:(int(entry)+1)*cols]))
		}
		parallel(min(rows, c.rowReach()), func(first, end int) {
			buf := newRow(cols)
			for r := first; r < end; r++ {
				w := buf.load(down, r)
				for i, entry := range entries {
					y[int(entry)*rows+r] = float32(dot(w, hidden[i]))
				}
			}
		})
	})
}
