package kernel

import "math"

// RopeTable is the cosine and sine of every position's rotation angles, f32[context,
// headDim/2, 2], for the qkv kernel. The angle is float32(pos) times a float32
// frequency, as in Hugging Face's modeling_mixtral: the weights were trained with that
// rounding. WGSL's own cos is only good to 2^-11, and not at all far from zero.
func RopeTable(context, headDim int, theta float64) []float32 {
	half := headDim / 2
	frequency := make([]float32, half)
	for i := range frequency {
		frequency[i] = float32(1 / math.Pow(theta, float64(2*i)/float64(headDim)))
	}
	table := make([]float32, 0, context*headDim)
	for pos := range context {
		for _, f := range frequency {
			sin, cos := math.Sincos(float64(float32(pos) * f))
			table = append(table, float32(cos), float32(sin))
		}
	}
	return table
}
