package ref

// x, y
func fma(c *call) {
	n := min(c.param(0), c.reach(0, c.constant("WG")))
	a, b := c.paramFloat(1), c.paramFloat(2)
	x, y := c.b[0].floats(), c.b[1].floats()
	for i := range n {
		sum := 0.0
		for chain := range 16 {
			v := float64(x[i]) + float64(chain)
			for range c.constant("STEPS") {
				v = float64(v*a) + b
			}
			sum += v
		}
		y[i] = float32(sum)
	}
}
