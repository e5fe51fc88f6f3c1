package experts

// history is what the classic policies go by.
type history struct {
	experts int
	clock   int   // uses so far
	last    []int // by layer and expert: the clock at its last use
	count   []int // and how often it was used
}

func newHistory(l Layout) history {
	n := l.Layers * l.Experts
	return history{experts: l.Experts, last: make([]int, n), count: make([]int, n)}
}

func (h *history) index(k Key) int { return k.Layer*h.experts + k.Expert }

// Use implements Policy for those that embed h.
func (h *history) Use(k Key) {
	h.clock++
	i := h.index(k)
	h.last[i] = h.clock
	h.count[i]++
}

// LRU gives up the expert that has been unused for longest.
type LRU struct{ history }

// NewLRU makes a policy that has seen nothing, as its siblings do.
func NewLRU(l Layout) *LRU { return &LRU{newHistory(l)} }

// Victim implements Policy.
func (p *LRU) Victim(candidates []Key) Key {
	return least(candidates, func(k Key) float64 { return float64(p.last[p.index(k)]) })
}

// LFU gives up the expert that was used least often since the beginning, whether it is
// resident or not.
type LFU struct{ history }

// NewLFU makes an LFU.
func NewLFU(l Layout) *LFU { return &LFU{newHistory(l)} }

// Victim implements Policy.
func (p *LFU) Victim(candidates []Key) Key {
	return least(candidates, func(k Key) float64 { return float64(p.count[p.index(k)]) })
}

// LFRU weighs how often an expert was used against how long ago: uses over age.
type LFRU struct{ history }

// NewLFRU makes an LFRU.
func NewLFRU(l Layout) *LFRU { return &LFRU{newHistory(l)} }

// Victim implements Policy.
func (p *LFRU) Victim(candidates []Key) Key {
	return least(candidates, func(k Key) float64 {
		i := p.index(k)
		return float64(p.count[i]) / float64(1+p.clock-p.last[i])
	})
}
