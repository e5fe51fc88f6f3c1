package golden

import "mixtab/engine/gpu"

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
)

// ToleranceFor is the tolerance of a driver.
func ToleranceFor(info gpu.Info) Tolerance {
	if info.Driver == "ref" {
		return CPU
	}
	return GPU
}
