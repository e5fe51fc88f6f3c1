package experts

import (
	"math"
	"slices"
)

// Habits are what a trace shows of its routers.
type Habits struct {
	Zipf   float64 // the exponent of the law that uses follow by rank, the layers' ranks together
	Rarest float64 // the share of its layer's uses that the least used expert of all has
	Reuse  float64 // by how much a token repeats its predecessor's experts beyond chance, 0 to 1
}

// Habits measures a trace. The exponent of a short one is too large: chance makes favourites.
func (t *Trace) Habits() Habits {
	shares := make([]float64, t.Experts) // by rank
	h := Habits{Rarest: 1}
	var uses, repeated, expected float64
	n := float64(len(t.Tokens))
	for layer := range t.Layers {
		counts := make([]float64, t.Experts)
		var before []int
		for _, token := range t.Tokens {
			now := token.Experts[layer*t.TopK : (layer+1)*t.TopK]
			for _, e := range now {
				counts[e]++
				if slices.Contains(before, e) {
					repeated++
				}
			}
			before = now
		}
		slices.Sort(counts)
		slices.Reverse(counts)
		for rank, x := range counts {
			expected += x * x / n
			uses += x
			shares[rank] += x
		}
		h.Rarest = min(h.Rarest, counts[t.Experts-1]/n/float64(t.TopK))
	}
	if uses > expected {
		h.Reuse = (repeated - expected) / (uses - expected)
	}
	var sx, sy, sxx, sxy, m float64 // least squares of log share on log rank
	for rank, share := range shares {
		if share > 0 {
			x, y := math.Log(float64(1+rank)), math.Log(share)
			sx, sy, sxx, sxy, m = sx+x, sy+y, sxx+x*x, sxy+x*y, m+1
		}
	}
	if m > 1 {
		h.Zipf = (sx*sy - m*sxy) / (m*sxx - sx*sx)
	}
	return h
}
