package ref

import (
	"math"

	"mixtab/engine/quant"
)

// Values of the constant KV_FORMAT, as in engine/kernel/kv.go.
const (
	kvF32 = 1
	kvF16 = 2
	kvQ8  = 3
)

// A kvCache is the KV cache of a layer, as shaders/lib/kv_*.wgsl lays it out. A row is a
// position's head.
type kvCache struct {
	format  int
	k, v    words
	headDim int
	scales  int // where q8's begin in k, in words
}

// key puts row r of the keys into to.
func (c *kvCache) key(r int, to []float64) { c.load(c.k, 0, r, to) }

// value puts row r of the values into to.
func (c *kvCache) value(r int, to []float64) { c.load(c.v, 16, r, to) }

// load reads a row; of q8, its scales stand in the bits from shift on.
func (c *kvCache) load(from words, shift, r int, to []float64) {
	half := c.headDim / 2
	switch c.format {
	case kvF32:
		for i, x := range from.floats()[r*c.headDim:][:c.headDim] {
			to[i] = float64(x)
		}
	case kvF16:
		for i, w := range from[r*half:][:half] {
			to[i], to[i+half] = float64(quant.FromF16(uint16(w))), float64(quant.FromF16(uint16(w>>16)))
		}
	case kvQ8:
		numbers := from.bytes()[r*c.headDim:]
		for i := range half {
			// Quads of the first half and of the second take turns.
			at := i/4*8 + i%4
			scale := float64(quant.FromF16(uint16(c.k[c.scale(r, i)] >> shift)))
			to[i], to[i+half] = float64(int8(numbers[at]))*scale, float64(int8(numbers[at+4]))*scale
		}
	}
}

// scale is the word with the scales of dimension i, and of that half a head further on.
func (c *kvCache) scale(r, i int) int { return c.scales + r*((c.headDim+31)/32) + i/16 }

// new_k, new_v, state, k, v
func kvQuantise(c *call) {
	newK, newV, state := c.b[0].floats(), c.b[1].floats(), c.b[2]
	nKVHeads, headDim := c.param(0), c.constant("HEAD_DIM")
	cache := kvCache{format: kvQ8, k: c.b[3], v: c.b[4], headDim: headDim, scales: 2 * c.param(1)}
	n := min(int(state[stateN]), c.reach(1, 1))
	groups := min(nKVHeads*((headDim+31)/32), c.reach(0, c.constant("WG")))
	for t := range n {
		for g := range groups {
			head, first := g/((headDim+31)/32), g%((headDim+31)/32)*16
			from := (t*nKVHeads + head) * headDim
			row := (int(state[statePos])+t)*nKVHeads + head
			end := min(first+16, headDim/2)
			k := cache.quantise(cache.k, row, newK[from:][:headDim], first, end)
			v := cache.quantise(cache.v, row, newV[from:][:headDim], first, end)
			cache.k[cache.scale(row, first)] = uint32(k) | uint32(v)<<16
		}
	}
}

// quantise writes the dimensions from first to end of x, and those half a head further on,
// and returns their scale.
func (c *kvCache) quantise(to words, row int, x []float32, first, end int) uint16 {
	half := c.headDim / 2
	most := 0.0
	for i := first; i < end; i++ {
		most = max(most, math.Abs(float64(x[i])), math.Abs(float64(x[i+half])))
	}
	bits := quant.ToF16(float32(most / 127))
	scale := float64(quant.FromF16(bits))
	numbers := to.bytes()[row*c.headDim:]
	steps := func(x float32) byte {
		if scale == 0 {
			return 0
		}
		return byte(int8(min(max(math.RoundToEven(float64(x)/scale), -127), 127)))
	}
	for i := first; i < end; i++ {
		at := i/4*8 + i%4
		numbers[at], numbers[at+4] = steps(x[i]), steps(x[i+half])
	}
	return bits
}
