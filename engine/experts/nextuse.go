package experts

// NextUse gives up the expert that is least likely to be used per unit of time until its
// turn. Layers come round in a cycle, so an expert's turn is some layers ahead; the
// chance of its being used then comes from how often its layer chose it so far, and from
// how much likelier tokens repeat an expert of the token before than that explains. The
// latter is measured on the way.
//
// Where slots belong to layers, the turn is the same for all candidates, and what counts
// is how often they are used.
type NextUse struct {
	layout Layout
	layer  int       // of the last use
	uses   []int     // by layer
	share  []float64 // by layer and expert: the share of its layer's uses, of late
	latest []bool    // by layer and expert: used by the layer's latest token
	before []bool    // by expert: used by the token before that, in the current layer

	// Of the experts of a token: how many there were, how many of them the next token
	// used, and how many it would have by their shares alone.
	tokens, repeated, expected float64
}

// A use weighs at least so much in its expert's share. Popularity changes with what is
// talked about: on traces where it never does, 0.005 would gain 0.3 points, and where it
// changes every 128 tokens, lose one.
const leastStep = 0.015

// NewNextUse makes a policy that has seen nothing.
func NewNextUse(l Layout) *NextUse {
	n := l.Layers * l.Experts
	p := &NextUse{layout: l, layer: -1, uses: make([]int, l.Layers), share: make([]float64, n),
		latest: make([]bool, n), before: make([]bool, l.Experts)}
	for i := range p.share {
		p.share[i] = 1 / float64(l.Experts)
	}
	return p
}

// Use implements Policy.
func (p *NextUse) Use(k Key) {
	first := k.Layer * p.layout.Experts
	share, latest := p.share[first:first+p.layout.Experts], p.latest[first:first+p.layout.Experts]
	if k.Layer != p.layer || latest[k.Expert] {
		p.begin(k.Layer, share, latest)
	}
	latest[k.Expert] = true
	if p.before[k.Expert] {
		p.repeated++
	}
	p.uses[k.Layer]++
	step := max(leastStep, 1/float64(p.layout.Experts+p.uses[k.Layer]))
	for e := range share {
		share[e] -= step * share[e]
	}
	share[k.Expert] += step
}

// begin is a new token's arrival at a layer.
func (p *NextUse) begin(layer int, share []float64, latest []bool) {
	p.layer = layer
	copy(p.before, latest)
	clear(latest)
	for e, used := range p.before {
		if used {
			p.tokens++
			p.expected += p.chance(share[e])
		}
	}
}

// chance is that of a token's using an expert with a share of the uses.
func (p *NextUse) chance(share float64) float64 { return min(1, share*float64(p.layout.TopK)) }

// reuse is the probability that a token repeats an expert for no other reason than that
// the one before used it.
func (p *NextUse) reuse() float64 {
	if p.expected >= p.tokens {
		return 0
	}
	return max(0, (p.repeated-p.expected)/(p.tokens-p.expected))
}

// Victim implements Policy.
func (p *NextUse) Victim(candidates []Key) Key {
	reuse := p.reuse()
	return least(candidates, func(k Key) float64 {
		i := k.Layer*p.layout.Experts + k.Expert
		chance := (1 - reuse) * p.chance(p.share[i])
		if p.latest[i] {
			chance += reuse
		}
		turn := k.Layer - p.layer // layers until it
		if turn <= 0 {
			turn += p.layout.Layers
		}
		return chance / float64(turn+p.layout.Layers)
	})
}
