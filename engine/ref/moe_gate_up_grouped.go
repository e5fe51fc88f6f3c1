package ref

// x, plan, gate a, gate b, up a, up b, a
func moeGateUpGrouped(c *call) {
	x, a := c.b[0].floats(), c.b[6].floats()
	rows, cols := c.param(0), c.param(1)
	topK := c.constant("TOP_K")
	c.planned(c.b[1], func(slot uint32, entries []uint32) {
		gate, up := c.expert(c.b[2], c.b[3], slot), c.expert(c.b[4], c.b[5], slot)
		var tokens [][]float64
		for _, entry := range entries {
			t := int(entry) / topK
			tokens = append(tokens, widen(x[t*cols:(t+1)*cols]))
		}
		parallel(min(rows, c.rowReach()), func(first, end int) {
			gateBuf, upBuf := newRow(cols), newRow(cols)
			for r := first; r < end; r++ {
				gateRow, upRow := gateBuf.load(gate, r), upBuf.load(up, r)
				for i, entry := range entries {
					g, u := dot(gateRow, tokens[i]), dot(upRow, tokens[i])
					a[int(entry)*rows+r] = float32(silu(g) * u)
				}
			}
		})
	})
}
