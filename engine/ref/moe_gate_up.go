package ref

// x, route, gate a, gate b, up a, up b, state, a
func moeGateUp(c *call) {
	route, state, a := c.b[1], c.b[6], c.b[7].floats()
	rows, cols := c.param(0), c.param(1)
	topK := c.constant("TOP_K")
	for i := range min(int(state[stateN])*topK, c.reach(1, 1)) {
		x := widen(c.b[0].floats()[i/topK*cols:][:cols])
		slot := state[c.param(4)+int(route[2*i])]
		gate, up := c.expert(c.b[2], c.b[3], slot), c.expert(c.b[4], c.b[5], slot)
		parallel(min(rows, c.rowReach()), func(first, end int) {
			gateBuf, upBuf := newRow(cols), newRow(cols)
			for r := first; r < end; r++ {
				g, u := dot(gateBuf.load(gate, r), x), dot(upBuf.load(up, r), x)
				a[i*rows+r] = float32(silu(g) * u)
			}
		})
	}
}

// expert is the matrix in a slot, in the bank that holds it. The params of all expert
// kernels begin with rows, cols, slots per bank, stride in units of 16 bytes.
func (c *call) expert(bankA, bankB words, slot uint32) matrix {
	rows, cols, perBank, stride := c.param(0), c.param(1), c.param(2), 16*c.param(3)
	if s := int(slot); s < perBank {
		return c.matrix(bankA, s*stride, rows, cols)
	} else {
		return c.matrix(bankB, (s-perBank)*stride, rows, cols)
	}
}
