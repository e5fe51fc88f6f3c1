package ref

import "math"

// parts, state, y
func attentionReduce(c *call) {
	parts, state, y := c.b[0].floats(), c.b[1], c.b[2].floats()
	nHeads, spans := c.param(0), c.param(1)
	headDim, span := c.constant("HEAD_DIM"), c.constant("SPAN")
	pos, n := int(state[statePos]), min(int(state[stateN]), c.reach(1, 1))
	numbers := min(nHeads*headDim, c.reach(0, 4*c.constant("WG")))
	for t := range n {
		used := (pos+t)/span + 1
		for at := range numbers {
			row := t*nHeads + at/headDim
			part := func(s int) []float32 { return parts[(row*spans+s)*(headDim+4):][:headDim+4] }
			peak := math.Inf(-1)
			for s := range used {
				peak = max(peak, float64(part(s)[headDim]))
			}
			sum, total := 0.0, 0.0
			for s := range used {
				p := part(s)
				grow := math.Exp(float64(p[headDim]) - peak)
				total += float64(grow * float64(p[headDim+1]))
				sum += float64(grow * float64(p[at%headDim]))
			}
			y[row*headDim+at%headDim] = float32(sum / total)
		}
	}
}
