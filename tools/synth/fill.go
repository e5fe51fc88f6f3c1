package main

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

// fillShard fills a shard of the plan; r is nil where routers choose at random.
func fillShard(shard []byte, plan *weights.Plan, i int, seed uint64, r *routing) {
	clear(shard)
	for _, ref := range plan.Shards[i].Parts {
		t := &plan.Tensors[ref.Tensor]
		p := t.Parts[ref.Part]
		rng := rand.New(rand.NewPCG(seed, uint64(ref.Tensor)<<16|uint64(ref.Part)))
		mean, sd := moments(t)
		bytes := shard[p.Offset : p.Offset+p.Length]
		if r == nil {
			fill(bytes, t.Format, p.Rows, t.Cols(), mean, sd, rng)
			continue
		}
		fill(bytes, t.Format, p.Rows, t.Cols(), mean, sd*r.scale(t.Name), rng)
		r.imprint(t.Name, matrix{bytes, t.Format, p.Rows, t.Cols(), p.Row0})
	}
}

// moments are the mean and the standard deviation of a tensor's numbers. A product of
// unit vectors then stays near unit size: activations neither vanish nor overflow, and
// a router's logits differ enough to choose, by less than would starve an expert.
func moments(t *weights.Tensor) (mean, sd float64) {
	in := 1 / math.Sqrt(float64(t.Cols()))
	switch kindOf(t.Name) {
	case weights.Embed:
		return 0, 1
	case weights.Norm, string(weights.AttnNorm), string(weights.FFNNorm):
		return 1, 0.1
	case string(weights.Router):
		return 0, logitSD * in
	case weights.LMHead:
		return 0, 3 * in
	}
	return 0, in
}

// fill writes random bytes in a format's layout. All bits of the quants are random, so
// their distribution is uniform, not a Gaussian's; the speed of kernels does not depend
// on it.
func fill(dst []byte, f quant.Format, rows, cols int, mean, sd float64, rng *rand.Rand) {
	quants, scales := dst[:f.ScalesOffset(rows, cols)], dst[f.ScalesOffset(rows, cols):]
	groups := rows * (cols / quant.Group)
	switch f {
	case quant.F32:
		for i := range rows * cols {
			v := number(mean, sd, rng.Uint32())
			binary.LittleEndian.PutUint32(quants[4*i:], math.Float32bits(v))
		}
	case quant.F16:
		for i := 0; i < rows*cols; i += 2 { // columns are a multiple of 32
			r := rng.Uint64()
			binary.LittleEndian.PutUint16(quants[2*i:], quant.ToF16(number(mean, sd, uint32(r))))
			binary.LittleEndian.PutUint16(quants[2*i+2:], quant.ToF16(number(mean, sd, uint32(r>>32))))
		}
	case quant.Q8: // -127 to 127: -128 is no Q8_0 value
		for i := 0; i < len(quants); i += 8 {
			binary.LittleEndian.PutUint64(quants[i:], rng.Uint64())
		}
		for i, q := range quants {
			if q == 0x80 {
				quants[i] = 0x81
			}
		}
		putScales(scales, groups, sd/math.Sqrt(127*128/3.0), rng)
	case quant.Q4:
		for i := 0; i < len(quants); i += 8 {
			binary.LittleEndian.PutUint64(quants[i:], rng.Uint64())
		}
		putScales(scales, groups, sd/math.Sqrt(255/12.0), rng)
	}
}

const sqrt3 = 1.7320508075688772

// number is drawn evenly from mean - sd·√3 to mean + sd·√3. The conversion keeps some
// processors from rounding once instead of twice: packs are the same everywhere.
func number(mean, sd float64, r uint32) float32 {
	uniform := float64(int32(r)) * (0x1p-31 * sqrt3)
	return float32(mean + float64(sd*uniform))
}

// putScales writes scales around d, some 20 % apart. Half of them are negative, as in
// Q4_0, which also makes the mean of -8 to 7, that is -0.5, zero.
func putScales(dst []byte, groups int, d float64, rng *rand.Rand) {
	for g := range groups {
		r := rng.Uint32()
		v := d * (0.8 + float64(0.4*float64(r>>8)*0x1p-24))
		if r&1 == 1 {
			v = -v
		}
		binary.LittleEndian.PutUint16(dst[2*g:], quant.ToF16(float32(v)))
	}
}
