package kernel

import "mixtab/engine/gpu"

// FMAParams is fma.wgsl's Params.
type FMAParams struct {
	N    uint32
	A, B float32
}

const (
	fmaSteps  = 256 // a multiple of 4
	fmaChains = 16

	// FMAFlops are the operations that FMA does for a number.
	FMAFlops = 2 * fmaSteps * fmaChains
)

// FMA turns each of n numbers into a sum of chains of v = a·v + b. It is the measure of
// arithmetic: a product and a sum count as two operations.
//
//	x f32[n] → y f32[n]
func FMA(t Tuning, x, y gpu.Binding, n int, a, b float32) Call {
	return Call{
		stem:     "fma",
		consts:   []gpu.Constant{{Name: "WG", Value: uint32(t.RowWG)}, {Name: "STEPS", Value: fmaSteps}},
		access:   []gpu.Access{gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{x, y},
		params:   FMAParams{N: uint32(n), A: a, B: b},
		grid:     [3]int{ceilDiv(n, t.RowWG), 1, 1},
		work:     numbersWork(8*n, 1, 0, n*FMAFlops),
	}
}
