package ref

import "mixtab/engine/quant"

// tokens, state, w, x
func embed(c *call) {
	tokens, state, w, x := c.b[0], c.b[1], c.b[2], c.b[3].floats()
	dim, rows, row0 := c.param(0), c.param(1), c.param(2)
	m := c.matrix(w, 0, rows, dim)
	width := min(dim, c.reach(0, c.constant("WG"))*4*c.constant("QUADS"))
	values := make([]float32, dim)
	for t := range min(int(state[stateN]), c.reach(1, 1)) {
		r := int(tokens[t]) - row0
		if r < 0 || r >= rows {
			continue
		}
		quant.DequantiseRows(m.format, values, m.bytes, rows, dim, r)
		copy(x[t*dim:(t+1)*dim], values[:width])
	}
}
