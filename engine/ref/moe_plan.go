package ref

// route, state, plan
func moePlan(c *call) {
	route, state, plan := c.b[0], c.b[1], c.b[2]
	size := uint32(c.constant("TILE"))
	order := plan[orderWord(c):]
	table := c.param(0)
	tiles, place := 0, uint32(0)
	plan[1], plan[2] = 0, 0
	for e := range uint32(c.constant("EXPERTS")) {
		first := place
		for i := range state[stateN] * uint32(c.constant("TOP_K")) {
			if route[2*i] == e {
				order[place] = i
				place++
			}
		}
		if first < place {
			plan[1+e/32] |= 1 << (e % 32)
		}
		slot := state[table+int(e)]
		for ; first < place && slot != noSlot; first += size {
			copy(plan[4+4*tiles:], words{slot, first, min(size, place-first)})
			tiles++
		}
	}
	plan[0] = uint32(tiles)
}

// orderWord is where a plan's order begins, as in shaders/lib/plan.wgsl.
func orderWord(c *call) int { return 4 + 4*c.constant("MAX_TILES") }

// planned calls do for every slot that has entries in the plan.
func (c *call) planned(plan words, do func(slot uint32, entries []uint32)) {
	order := plan[orderWord(c):]
	tiles := min(int(plan[0]), c.reach(1, 1))
	for i := 0; i < tiles; {
		tile := plan[4+4*i:]
		slot, first, count := tile[0], tile[1], tile[2]
		for i++; i < tiles && plan[4+4*i] == slot; i++ {
			count += plan[4+4*i+2]
		}
		do(slot, order[first:first+count])
	}
}
