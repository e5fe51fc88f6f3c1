package ref

import "math"

// q, k, v, state, y
func attention(c *call) {
	q, k, v, state, y := c.b[0].floats(), c.b[1].floats(), c.b[2].floats(), c.b[3], c.b[4].floats()
	nHeads, nKVHeads := c.param(0), c.param(1)
	headDim := c.constant("HEAD_DIM")
	pos, n := int(state[statePos]), min(int(state[stateN]), c.reach(1, 1))
	heads := min(nHeads, c.reach(0, 1))
	parallel(n*heads, func(first, end int) {
		for at := first; at < end; at++ {
			t, head := at/heads, at%heads
			row := (t*nHeads + head) * headDim
			kv := head / (nHeads / nKVHeads)
			attend(y[row:row+headDim], q[row:row+headDim], k[kv*headDim:], v[kv*headDim:], nKVHeads*headDim, pos+t+1)
		}
	})
}

// attend is one head of one token: y = softmax(k·q / √headDim) · v over the first n
// positions, whose keys and values lie stride apart.
func attend(y, q, k, v []float32, stride, n int) {
	scale := 1 / math.Sqrt(float64(len(q)))
	score := make([]float64, n)
	peak := math.Inf(-1)
	for p := range n {
		key := k[p*stride:][:len(q)]
		for i, x := range q {
			score[p] += float64(x) * float64(key[i])
		}
		score[p] *= scale
		peak = max(peak, score[p])
	}
	total := 0.0
	for p, s := range score {
		score[p] = math.Exp(s - peak)
		total += score[p]
	}
	sum := make([]float64, len(y))
	for p, s := range score {
		for i, x := range v[p*stride:][:len(y)] {
			sum[i] += float64(s * float64(x))
		}
	}
	for i, s := range sum {
		y[i] = float32(s / total)
	}
}
