package experts

// NextUse gives up the expert whose next use is expected last. Layers come round in a
// cycle: after so many layers it is an expert's turn, and then it is chosen with a
// probability p, or in a later round. p mixes how often its layer chose it lately and
// over a longer time: neighbouring tokens share experts, and some experts are popular.
//
// Where slots belong to layers, the turn is the same for all candidates, and what counts
// is p.
type NextUse struct {
	layout Layout
	layer  int       // of the last use
	recent []float64 // by layer and expert: how often it is used, lately
	usual  []float64 // and over a longer time
}

// What a use adds to the averages, and how they are mixed.
const (
	recentStep  = 0.4
	usualStep   = 0.01
	recentShare = 0.3
)

// NewNextUse makes a policy that has seen nothing.
func NewNextUse(l Layout) *NextUse {
	n := l.Layers * l.Experts
	p := &NextUse{layout: l, recent: make([]float64, n), usual: make([]float64, n)}
	for i := range n {
		p.recent[i] = float64(l.TopK) / float64(l.Experts)
		p.usual[i] = p.recent[i]
	}
	return p
}

// Use implements Policy. A token's uses are TopK, and each ages the layer's averages by
// its share.
func (p *NextUse) Use(k Key) {
	p.layer = k.Layer
	first := k.Layer * p.layout.Experts
	for e := range p.layout.Experts {
		x := 0.0
		if e == k.Expert {
			x = float64(p.layout.TopK)
		}
		i := first + e
		p.recent[i] += recentStep / float64(p.layout.TopK) * (x - p.recent[i])
		p.usual[i] += usualStep / float64(p.layout.TopK) * (x - p.usual[i])
	}
}

// Victim implements Policy.
func (p *NextUse) Victim(candidates []Key) Key {
	return least(candidates, func(k Key) float64 { return -p.expected(k) })
}

// expected is in how many layers an expert is likely to be used.
func (p *NextUse) expected(k Key) float64 {
	i := k.Layer*p.layout.Experts + k.Expert
	chance := min(1, recentShare*p.recent[i]+(1-recentShare)*p.usual[i])
	turn := k.Layer - p.layer
	if turn <= 0 {
		turn += p.layout.Layers
	}
	return float64(turn) + float64(p.layout.Layers)*(1/max(chance, 1e-9)-1)
}
