package golden

import (
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
)

// A Tolerance is how far a path may be from the reference. Margins are the distance in
// the reference under which a choice counts as a tie.
type Tolerance struct {
	MaxAbs, RMS  float64
	ArgmaxMargin float64
	RouterMargin float64
}

// Tolerances for logits with a standard deviation of about 3. They are some ten times
// what float32 in another order of summation was measured to make.
var (
	CPU = Tolerance{MaxAbs: 2e-4, RMS: 2e-5, ArgmaxMargin: 1e-3, RouterMargin: 1e-4}
	GPU = Tolerance{MaxAbs: 2e-3, RMS: 2e-4, ArgmaxMargin: 1e-2, RouterMargin: 1e-3}

	// Of random weights, whose logits hang on every key: measured were 0.01 with a KV cache of
	// f16 and 0.2 with one of q8.
	HalfKV = Tolerance{MaxAbs: 2e-2, RMS: 2e-3, ArgmaxMargin: 5e-2, RouterMargin: 1e-2}
	Q8KV   = Tolerance{MaxAbs: 5e-1, RMS: 6e-2, ArgmaxMargin: 5e-1, RouterMargin: 3e-1}

	// The same with activations rounded for every product: measured were 0.03 and 0.006 in f16, 0.5 and
	// 0.08 in int8, which also chooses other experts where the reference is not sure of them.
	HalfProducts = Tolerance{MaxAbs: 1e-1, RMS: 2e-2, ArgmaxMargin: 1e-1, RouterMargin: 5e-2}
	Int8Products = Tolerance{MaxAbs: 1.5, RMS: 2.5e-1, ArgmaxMargin: 1.5, RouterMargin: 3}
)

// ToleranceFor is the tolerance of a driver that computes in a way.
func ToleranceFor(info gpu.Info, way Way) Tolerance {
	switch {
	case way.Arithmetic == kernel.F16:
		return HalfProducts
	case way.Arithmetic == kernel.Int8:
		return Int8Products
	case way.KV == kernel.KVF16:
		return HalfKV
	case way.KV == kernel.KVQ8:
		return Q8KV
	case info.Driver == "ref":
		return CPU
	}
	return GPU
}
