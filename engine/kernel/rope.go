package kernel

import "math"

// RopeTable is the cosines and sines that QKV rotates by, [context, headDim/2, 2]. The
// angles are rounded to float32 where Hugging Face rounds them: checkpoints were
// trained with those.
func RopeTable(context, headDim int, theta float64) []float32 {
	half := headDim / 2
	table := make([]float32, 0, context*headDim)
	freq := make([]float32, half)
	for i := range freq {
		power := float32(math.Pow(theta, float64(float32(2*i)/float32(headDim))))
		freq[i] = 1 / power
	}
	for pos := range context {
		for _, f := range freq {
			sin, cos := math.Sincos(float64(float32(float32(pos) * f)))
			table = append(table, float32(cos), float32(sin))
		}
	}
	return table
}
