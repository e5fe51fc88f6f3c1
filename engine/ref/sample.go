package ref

import "mixtab/engine/sample"

// logits, sampling, counts, tokens, state, out
func sampleToken(c *call) {
	sampling, counts, tokens, state, out := c.b[1], c.b[2], c.b[3], c.b[4], c.b[5]
	vocab, row, draft := c.param(0), c.param(1), c.param(2) == 1
	if state[stateN] == 0 {
		return
	}
	if row > 0 && (int(state[stateRows]) != row || state[stateToken] != tokens[row]) {
		return
	}
	step := state[stateStep]

	token := sample.Pick(sampling, c.b[0].floats()[row*vocab:(row+1)*vocab], counts, step)

	counts[token]++
	tokens[0] = uint32(token)
	out[step%uint32(c.constant("RING"))] = uint32(token)
	if draft {
		state[statePos]++
	} else {
		state[statePos] += state[stateN]
	}
	state[stateN] = 1
	state[stateStep] = step + 1
	state[stateToken] = uint32(token)
	state[stateRows] = uint32(row) + 1
}
