package kernel

import "mixtab/engine/gpu"

// CopyParams is copy.wgsl's Params.
type CopyParams struct{ Quads uint32 }

// copySteps is how many times 16 bytes a thread copies.
const copySteps = 16

// Copy copies bytes, a multiple of 16, from x to y. It is the measure of memory
// bandwidth.
func Copy(t Tuning, x, y gpu.Binding, bytes int) Call {
	return Call{
		stem:     "copy",
		consts:   []gpu.Constant{{Name: "WG", Value: uint32(t.RowWG)}, {Name: "STEPS", Value: copySteps}},
		access:   []gpu.Access{gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{x, y},
		params:   CopyParams{Quads: uint32(bytes / 16)},
		grid:     [3]int{ceilDiv(bytes/16, t.RowWG*copySteps), 1, 1},
		work:     numbersWork(2*bytes, 0, 0, 0),
	}
}
