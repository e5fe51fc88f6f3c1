package ref

// x, y
func copyWords(c *call) {
	n := 4 * min(c.param(0), c.reach(0, c.constant("WG")*c.constant("STEPS")))
	copy(c.b[1][:n], c.b[0][:n])
}
