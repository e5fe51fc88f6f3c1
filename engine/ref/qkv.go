package ref

import "mixtab/engine/quant"

// x, state, w, rope, q, k, v
func qkv(c *call) {
	state, rope := c.b[1], c.b[3].floats()
	q := c.b[4].floats()
	cols, nHeads, nKVHeads, headDim := c.param(0), c.param(1), c.param(2), c.param(3)
	half := headDim / 2
	heads := nHeads + 2*nKVHeads
	m := c.matrix(c.b[2], 0, heads*headDim, cols)
	pos := int(state[statePos])
	n := min(int(state[stateN]), c.reach(1, c.constant("TOKENS")))
	x := widen(c.b[0].floats()[:n*cols])
	parallel(min(heads*half, c.rowReach()/2), func(first, end int) {
		lowBuf, highBuf := newRow(cols), newRow(cols)
		for pair := first; pair < end; pair++ {
			head, i := pair/half, pair%half
			lowRow := lowBuf.load(m, head*headDim+i)
			highRow := highBuf.load(m, head*headDim+i+half)
			for t := range n {
				low, high := dot(lowRow, x[t*cols:]), dot(highRow, x[t*cols:])
				if head < nHeads+nKVHeads {
					at := 2 * ((pos+t)*half + i)
					cos, sin := float64(rope[at]), float64(rope[at+1])
					low, high = float64(low*cos)-float64(high*sin), float64(high*cos)+float64(low*sin)
				}
				if head < nHeads {
					to := q[(t*nHeads+head)*headDim:]
					to[i], to[i+half] = float32(low), float32(high)
					continue
				}
				to := c.b[5] // k
				if head >= nHeads+nKVHeads {
					to = c.b[6]
				}
				row, format := (pos+t)*nKVHeads+(head-nHeads)%nKVHeads, c.constant("KV_FORMAT")
				if format == kvQ8 {
					row = t*nKVHeads + (head-nHeads)%nKVHeads // for kv_quantise
				}
				if format == kvF16 {
					to[row*half+i] = uint32(quant.ToF16(float32(low))) | uint32(quant.ToF16(float32(high)))<<16
				} else {
					to.floats()[row*headDim+i], to.floats()[row*headDim+i+half] = float32(low), float32(high)
				}
			}
		}
	})
}
