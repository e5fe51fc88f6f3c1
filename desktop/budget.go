package main

import "mixtab/engine/gpu"

// expertBudget is how many bytes of experts the device gets where nobody says: all of them,
// which is 0, on a GPU with memory of its own, that refuses what it has not; at most half
// of the machine's memory where the device shares it, as too much would stop the machine.
func expertBudget(kind gpu.Kind, experts int64, memory uint64) int64 {
	half := int64(memory / 2)
	if kind == gpu.KindDiscrete || half == 0 || experts <= half {
		return 0
	}
	return half
}
