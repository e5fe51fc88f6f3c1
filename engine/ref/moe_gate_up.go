package ref

// x, route, gate a, gate b, up a, up b, a
func moeGateUp(c *call) {
	route, a := c.b[1], c.b[6].floats()
	rows, cols := c.param(0), c.param(1)
	x := widen(c.b[0].floats()[:cols])
	for i := range c.reach(1, 1) {
		e := int(route[2*i])
		gate, up := c.expert(c.b[2], c.b[3], e), c.expert(c.b[4], c.b[5], e)
		parallel(min(rows, c.reach(0, c.constant("WG")*c.constant("ROWS"))), func(first, end int) {
			gateBuf, upBuf := newRow(cols), newRow(cols)
			for r := first; r < end; r++ {
				g, u := dot(gateBuf.load(gate, r), x), dot(upBuf.load(up, r), x)
				a[i*rows+r] = float32(silu(g) * u)
			}
		})
	}
}

// expert is expert e's matrix, in the bank that holds it. The params of all expert
// kernels are rows, cols, experts per bank, stride in units of 16 bytes.
func (c *call) expert(bankA, bankB words, e int) matrix {
	rows, cols, perBank, stride := c.param(0), c.param(1), c.param(2), 16*c.param(3)
	if e < perBank {
		return c.matrix(bankA, e*stride, rows, cols)
	}
	return c.matrix(bankB, (e-perBank)*stride, rows, cols)
}
