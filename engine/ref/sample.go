package ref

import "mixtab/engine/sample"

// logits, sampling, counts, tokens, state, out
func sampleToken(c *call) {
	logits, sampling, counts, tokens := c.b[0].floats(), c.b[1], c.b[2], c.b[3]
	state, out := c.b[4], c.b[5]
	vocab := c.param(0)
	if state[stateN] == 0 {
		return
	}
	step := state[stateStep]

	token := sample.Pick(sampling, logits[:vocab], counts, step)

	counts[token]++
	tokens[0] = uint32(token)
	out[step%uint32(c.constant("RING"))] = uint32(token)
	state[statePos] += state[stateN]
	state[stateN] = 1
	state[stateStep] = step + 1
	state[stateToken] = uint32(token)
}
