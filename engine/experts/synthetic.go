package experts

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Synthetic describes a trace that a router might leave.
type Synthetic struct {
	Tokens int
	Zipf   float64 // the expert of popularity rank i is drawn in proportion to i^-Zipf; 0: all alike
	Reuse  float64 // with this probability it is one of the token before instead
	Shift  int     // after so many tokens the ranks change; 0: never
	Seed   uint64
}

// Trace makes the trace; which expert has which rank differs by layer. The same values
// give the same trace.
func (s Synthetic) Trace(shape Shape) *Trace {
	rng := rand.New(rand.NewPCG(s.Seed, 0))
	t := &Trace{Layers: shape.Layers, Experts: shape.Experts, TopK: shape.TopK,
		Note: fmt.Sprintf("synthetic: Zipf %g, reuse %g, seed %d", s.Zipf, s.Reuse, s.Seed)}
	if s.Shift > 0 {
		t.Note += fmt.Sprintf(", other ranks every %d tokens", s.Shift)
	}
	popularity, alike := make([]float64, t.Experts), slices.Repeat([]float64{1}, t.TopK)
	for i := range popularity {
		popularity[i] = math.Pow(float64(i+1), -s.Zipf)
	}
	ranked := make([][]int, t.Layers)
	var before []int
	for i := range s.Tokens {
		var chosen []int
		for layer := range ranked {
			if i == 0 || s.Shift > 0 && i%s.Shift == 0 {
				ranked[layer] = rng.Perm(t.Experts)
			}
			first := len(chosen)
			for range t.TopK {
				from, weight := ranked[layer], popularity
				if before != nil && rng.Float64() < s.Reuse {
					from, weight = before[first:first+t.TopK], alike
				}
				chosen = append(chosen, draw(rng, from, weight, chosen[first:]))
			}
		}
		t.Tokens = append(t.Tokens, Token{Experts: chosen})
		before = chosen
	}
	return t
}

// draw picks an expert that is not among those taken, by weight.
func draw(rng *rand.Rand, from []int, weight []float64, taken []int) int {
	var sum float64
	for i, e := range from {
		if !slices.Contains(taken, e) {
			sum += weight[i]
		}
	}
	x, last := sum*rng.Float64(), 0
	for i, e := range from {
		if slices.Contains(taken, e) {
			continue
		}
		last = e
		if x -= weight[i]; x < 0 {
			break
		}
	}
	return last
}
