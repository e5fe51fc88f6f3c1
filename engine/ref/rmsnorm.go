package ref

import "math"

// x, w, state, y
func rmsnorm(c *call) {
	x, w, state, y := c.b[0].floats(), c.b[1].floats(), c.b[2], c.b[3].floats()
	dim, eps, last := c.param(0), c.paramFloat(1), c.param(2) != 0
	n := int(state[stateN])
	for t := range min(n, c.reach(0, 1)) {
		from := t
		if last {
			from = n - 1
		}
		normalise(y[t*dim:(t+1)*dim], x[from*dim:(from+1)*dim], w, eps)
	}
}

// normalise is y = x / √(mean(x²) + eps) · w.
func normalise(y, x, w []float32, eps float64) {
	squares := 0.0
	for _, v := range x {
		squares += float64(v) * float64(v)
	}
	inv := 1 / math.Sqrt(squares/float64(len(x))+eps)
	for i, v := range x {
		y[i] = float32(float64(v) * inv * float64(w[i]))
	}
}
