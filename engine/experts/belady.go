package experts

import "math"

// Belady gives up the expert whose next use is farthest, which no policy can beat: it has
// the trace beforehand.
type Belady struct {
	experts int     // of a layer
	uses    [][]int // by layer and expert: when it is still to be used
}

// NewBelady makes the optimum for one replay of a trace.
func NewBelady(t *Trace) *Belady {
	b := &Belady{experts: t.Experts, uses: make([][]int, t.Layers*t.Experts)}
	for i, token := range t.Tokens {
		for j, e := range token.Experts {
			layer := j / t.TopK
			k := layer*t.Experts + e
			b.uses[k] = append(b.uses[k], i*t.Layers+layer)
		}
	}
	return b
}

// Use implements Policy.
func (b *Belady) Use(k Key) {
	uses := &b.uses[k.Layer*b.experts+k.Expert]
	*uses = (*uses)[1:]
}

// Victim implements Policy.
func (b *Belady) Victim(candidates []Key) Key {
	return least(candidates, func(k Key) float64 {
		uses := b.uses[k.Layer*b.experts+k.Expert]
		if len(uses) == 0 {
			return math.Inf(-1)
		}
		return -float64(uses[0])
	})
}
