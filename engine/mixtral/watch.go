package mixtral

import (
	"context"
	"math"

	"mixtab/engine/experts"
	"mixtab/engine/gpu"
)

// A Watch says what is told of an answer's tokens besides their ids. The zero value costs
// nothing; what is chosen does not change a token.
type Watch struct {
	// Logits reads back what each token was sampled from, for Step.Logits.
	Logits bool
	// Routing is told of every token, in order, soon after it: no token waits for it.
	Routing func(Routing)
}

// A Routing is which experts gave a token: those of the pass that it was sampled from, which
// ran the token before it.
type Routing struct {
	Number  int       // of the token in the answer
	Experts []int     // NExpertsPerTok for each layer, the heaviest first
	Weights []float32 // of them, which add up to 1 in each layer
	// Loads are the places in Experts of those that had to be brought to the device. Of the
	// first token, which a whole prompt gives, none are told.
	Loads []int
}

// Watch says what is told of the answers that begin from now on.
func (m *Model) Watch(w Watch) { m.watch = w }

// unwatched says why an answer that is watched has no drafts; "": it may have.
func (w Watch) unwatched() string {
	switch {
	case w.Routing != nil:
		return "the experts of each token are told"
	case w.Logits:
		return "the probabilities of each token are told"
	}
	return ""
}

// A routed is a token's routing on its way: the routes of all layers, so many words apart.
type routed struct {
	number int
	loads  []int
	read   gpu.Readback
	words  []uint32
	stride int
}

// startRouting reads the routes of a decoding step behind its token.
func (m *Model) startRouting() (*routed, error) {
	l := m.stateLayout()
	words := make([]uint32, l.Table(0)-l.Trace(0))
	read, err := m.dev.StartRead(m.act.state.Buffer, 4*l.Trace(0), 4*len(words))
	if err != nil {
		return nil, err
	}
	return &routed{read: read, words: words, stride: l.Trace(1) - l.Trace(0)}, nil
}

// startFirstRouting reads the routes of a prompt's last token.
func (m *Model) startFirstRouting() (*routed, error) {
	words := make([]uint32, ((m.Config.NLayers-1)*m.routeStride()+m.choice().RouteBytes(1))/4)
	read, err := m.dev.StartRead(m.act.routes, m.choice().RouteBytes(m.chunkLen-1), 4*len(words))
	if err != nil {
		return nil, err
	}
	return &routed{read: read, words: words, stride: m.routeStride() / 4}, nil
}

// routingIn is the routing that a state holds.
func (m *Model) routingIn(state []uint32) *routed {
	l := m.stateLayout()
	return &routed{words: state[l.Trace(0):l.Table(0)], stride: l.Trace(1) - l.Trace(0)}
}

// tellRouting tells of the token before, whose routing has come by now, and keeps that of
// this one.
func (m *Model) tellRouting(ctx context.Context, next *routed) error {
	r := m.untold
	m.untold = next
	if r == nil {
		return nil
	}
	if r.read != nil {
		if err := waitWords(ctx, r.read, r.words); err != nil {
			return err
		}
	}
	topK := m.Config.NExpertsPerTok
	told := Routing{Number: r.number, Loads: r.loads}
	for l := range m.Config.NLayers {
		for i := range topK {
			at := l*r.stride + 2*i
			told.Experts = append(told.Experts, int(r.words[at]))
			told.Weights = append(told.Weights, math.Float32frombits(r.words[at+1]))
		}
	}
	m.watch.Routing(told)
	return nil
}

// missing are the places, among the routes of all layers, of a layer's experts that are not
// on the device.
func (m *Model) missing(l int, wanted []int) (places []int) {
	for i, e := range wanted {
		if !m.slots.present[experts.Key{Layer: l, Expert: e}] {
			places = append(places, l*m.Config.NExpertsPerTok+i)
		}
	}
	return places
}

// chosen are the experts that a layer chose for the pass's token.
func (m *Model) chosen(state []uint32, l int) []int {
	at := m.stateLayout().Trace(l)
	all := make([]int, m.Config.NExpertsPerTok)
	for i := range all {
		all[i] = int(state[at+2*i])
	}
	return all
}

// startLogits reads what the token of the pass was sampled from.
func (s *Step) startLogits() (err error) {
	s.logits, err = s.m.dev.StartRead(s.m.act.logits.Buffer, 0, 4*s.m.Config.VocabSize)
	return err
}

// waitLogits is for Logits.
func (s *Step) waitLogits(ctx context.Context) error {
	if s.logits == nil {
		return nil
	}
	words := make([]uint32, s.m.Config.VocabSize)
	err := waitWords(ctx, s.logits, words)
	s.logits, s.Logits = nil, floats(words)
	return err
}
