package mixtral

import (
	"context"
	"encoding/binary"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
)

// A Step is a token on its way: the pass that samples it runs on the device, or waits
// there for experts that its Wait brings.
//
// Where all experts are on the device the host reads 4 bytes of it, and what a Watch asks for.
// Else it reads the state: it says whether the pass waits, and the trace, which experts each
// layer chose. What is
// queued behind a layer that waits does nothing and has to be queued again,
// so that a pass is queued as far only as passes got lately.
type Step struct {
	m      *Model
	number int
	read   gpu.Readback // nil: not begun
	reads  reading
	routed *routed      // read behind the token; nil: nobody watches, or the state has it
	logits gpu.Readback // read behind the token; nil: nobody watches, or the host samples
	loads  []int        // Routing.Loads so far
	since  int          // the layer behind the one that waited last
	from   int          // the layer from which the pass was queued last
	upto   int          // the layer whose experts are not queued yet; all layers: the whole pass is
	asked  time.Time    // when it was queued last; zero of the first, which is no whole pass
	told   int          // layers whose choice the cache knows

	// Logits are what the token was sampled from, before bias, mask, penalties and temperature,
	// once Wait has returned; nil unless Watch asked for them.
	Logits []float32
}

// A reading is what is read back of a step.
type reading int

const (
	theToken  reading = iota
	theLogits         // for the host to sample from
	theState          // all but the slot table
)

// words is how many words a reading has.
func (m *Model) words(r reading) int {
	switch r {
	case theLogits:
		return m.Config.VocabSize
	case theState:
		return m.stateLayout().Table(0)
	}
	return 1
}

// Decode queues one step: the token sampled before runs at the position that the device
// knows, and the next is sampled. number is that of the token in the answer. The host
// neither waits nor sends anything; several steps may be under way, at most Ring, or one
// where the host samples.
func (m *Model) Decode(ctx context.Context, number int) (*Step, error) {
	if m.broken != nil {
		return nil, m.broken
	}
	if err := m.decode.ready(ctx, m); err != nil {
		return nil, err
	}
	m.flying = append(m.flying, &Step{m: m, number: number})
	return m.flying[len(m.flying)-1], m.beginBehind()
}

// beginBehind begins the steps that can be: those behind one that is queued as a whole.
func (m *Model) beginBehind() error {
	for _, s := range m.flying {
		if s.read == nil {
			if err := s.begin(); err != nil {
				return err
			}
		}
		if s.upto < m.Config.NLayers {
			return nil
		}
	}
	return nil
}

// SampleFirst queues the head and sampling behind the last Prefill.
func (m *Model) SampleFirst() (*Step, error) {
	s := &Step{m: m, number: m.sampled, upto: m.Config.NLayers}
	var err error
	if m.host != nil {
		err = s.start(theLogits, m.head)
	} else {
		err = s.start(theToken, m.head, m.sample)
	}
	if err == nil && m.watch.Routing != nil {
		s.routed, err = m.startFirstRouting()
	}
	if err == nil && m.watch.Logits && m.host == nil {
		err = s.startLogits()
	}
	if err != nil {
		return nil, err
	}
	m.flying = []*Step{s}
	return s, nil
}

func (s *Step) begin() error {
	s.from, s.upto = 0, s.m.reach(0)
	return s.queue(fromStart, nil)
}

// queue queues the pass from its start or from the experts of a layer on, which are bound
// if they are of a pool, up to where it shall go.
func (s *Step) queue(from int, bound gpu.Program) error {
	m := s.m
	s.asked = time.Now()
	m.decode.end = m.decode.sampling
	if m.host != nil {
		m.decode.end = m.head
	}
	last, err := m.decode.submit(m.dev, from, s.upto, bound)
	reads := theToken
	switch {
	case err != nil:
		return err
	case !m.slots.complete():
		reads = theState
	case m.host != nil:
		reads = theLogits
	}
	err = s.start(reads, last...)
	if err == nil && m.watch.Routing != nil && reads != theState {
		s.routed, err = m.startRouting()
	}
	if err == nil && m.watch.Logits && m.host == nil && s.upto == m.Config.NLayers {
		err = s.startLogits() // of a pass that waits nobody's
	}
	return err
}

// start submits programs and starts to read what they leave.
func (s *Step) start(r reading, programs ...gpu.Program) (err error) {
	a, offset := &s.m.act, 0
	from := a.out
	switch r {
	case theToken:
		offset = s.number % Ring * 4
	case theLogits:
		from = a.logits
	case theState:
		from = a.state
	}
	s.reads = r
	s.read, err = gpu.SubmitRead(s.m.dev, from.Buffer, offset, 4*s.m.words(r), programs...)
	return err
}

// Wait is the step's token. Steps are waited for in their order.
func (s *Step) Wait(ctx context.Context) (int32, error) {
	m := s.m
	for {
		if err := m.beginBehind(); err != nil {
			return 0, err
		}
		if m.host != nil { // while the device works
			if err := m.host.Prepare(); err != nil {
				return 0, err
			}
		}
		words := make([]uint32, m.words(s.reads))
		if err := waitWords(ctx, s.read, words); err != nil {
			return 0, err
		}
		switch {
		case s.reads != theState:
			s.arrived(m.Config.NLayers)
			m.flying = m.flying[1:]
			if err := s.tellWatch(ctx, s.routed); err != nil {
				return 0, err
			}
			if s.reads == theLogits {
				return s.choose(words)
			}
			return int32(words[0]), nil
		case words[kernel.StateFault] != 0:
			l := int(words[kernel.StateFault]) - 1
			s.arrived(l)
			if err := s.serve(ctx, l, words); err != nil {
				return 0, err
			}
		case s.upto < m.Config.NLayers:
			s.arrived(s.upto)
			if err := s.goOn(s.upto, nil); err != nil {
				return 0, err
			}
		default:
			s.arrived(m.Config.NLayers)
			m.slots.ran(m.Config.NLayers - s.since)
			s.tell(words, m.Config.NLayers)
			m.flying = m.flying[1:]
			if err := s.tellWatch(ctx, m.routingIn(words)); err != nil {
				return 0, err
			}
			if m.host == nil {
				return int32(words[kernel.StateToken]), nil
			}
			logits, err := m.read(ctx, m.act.logits.Buffer, 0, m.Config.VocabSize)
			if err != nil {
				return 0, err
			}
			return s.choose(logits)
		}
	}
}

// arrived notes that the pass got to a layer, and how long the device worked for it: since
// it was queued, or since the step before it came, if that was later.
func (s *Step) arrived(l int) {
	d, now := &s.m.decode, time.Now()
	if !s.asked.IsZero() && l > s.from {
		since := s.asked
		if d.last.After(since) {
			since = d.last
		}
		layers := time.Duration(len(d.layers))
		d.took(now.Sub(since) * layers / time.Duration(l-s.from))
	}
	d.last = now
}

// goOn queues the pass from the experts of layer l on.
func (s *Step) goOn(l int, bound gpu.Program) error {
	s.from, s.upto = l, s.m.reach(l+1)
	return s.queue(l, bound)
}

// reach is how far a pass is queued whose layer l may turn out to wait: twice as far as
// passes got lately before they did; the whole of it where nothing has to wait; and of a
// pool not at all, as none of its layers can run before the host has bound its experts.
func (m *Model) reach(l int) int {
	switch {
	case m.slots.complete():
		return m.Config.NLayers
	case m.slots.layers == nil:
		return l
	}
	return min(m.Config.NLayers, l+int(2*m.slots.run+0.5))
}

// serve brings the experts that the pass waits for in layer l and lets it go on.
func (s *Step) serve(ctx context.Context, l int, words []uint32) error {
	m := s.m
	m.slots.ran(l - s.since)
	s.since = l + 1
	for _, later := range m.flying[1:] {
		if err := later.discard(ctx); err != nil {
			return err
		}
		later.read = nil
	}
	if err := s.waitLogits(ctx); err != nil { // of a pass that did not come to them
		return err
	}
	s.tell(words, l+1)
	wanted := m.chosen(words, l)
	s.loads = append(s.loads, m.missing(l, wanted)...)
	if err := m.admit(ctx, l, wanted); err != nil {
		return err
	}
	if err := m.writeTable(l, m.boundOnly(wanted)); err != nil {
		return err
	}
	if err := m.release(words[kernel.StateStep]); err != nil {
		return err
	}
	bound, err := m.bind(ctx, m.decode.pass, l, m.one(), wanted)
	if err != nil {
		return err
	}
	if err := s.goOn(l, bound); err != nil {
		return err
	}
	if m.slots.layers == nil {
		return m.writeTable(l, nil) // behind it, the layer has no slots again
	}
	return nil
}

// boundOnly is what a table may say is there for a layer's one token: of a pool, what it
// wants, else all.
func (m *Model) boundOnly(wanted []int) []int {
	if m.slots.layers == nil {
		return wanted
	}
	return nil
}

// release takes back what the router did when it let the pass wait.
func (m *Model) release(step uint32) error {
	var words []byte
	for _, w := range []uint32{1, step, 0} { // StateN, StateStep, StateFault
		words = binary.LittleEndian.AppendUint32(words, w)
	}
	return m.dev.Write(m.act.state.Buffer, 4*kernel.StateN, words)
}

// tell gives the cache the choices of the layers below end.
func (s *Step) tell(state []uint32, end int) {
	for ; s.told < end; s.told++ {
		s.m.use(s.told, s.m.chosen(state, s.told))
	}
}

// discard waits for what the step was to read, which is nobody's.
func (s *Step) discard(ctx context.Context) error {
	if s.read == nil {
		return nil
	}
	if r := s.routed; r != nil {
		s.routed = nil
		if err := waitWords(ctx, r.read, r.words); err != nil {
			return err
		}
	}
	if err := s.waitLogits(ctx); err != nil {
		return err
	}
	return waitWords(ctx, s.read, make([]uint32, s.m.words(s.reads)))
}

// Drain waits for the steps that nobody has waited for, and forgets all that are under way.
func (m *Model) Drain(ctx context.Context) {
	m.tellRouting(ctx, nil)
	for _, s := range m.flying {
		s.discard(ctx)
	}
	m.flying = nil
}

// tellWatch gives a token's Watch what it asks for.
func (s *Step) tellWatch(ctx context.Context, r *routed) error {
	if s.m.watch.Routing != nil {
		r.number, r.loads = s.number, s.loads
		if err := s.m.tellRouting(ctx, r); err != nil {
			return err
		}
	}
	return s.waitLogits(ctx)
}

func waitWords(ctx context.Context, r gpu.Readback, words []uint32) error {
	bytes := make([]byte, 4*len(words))
	if err := r.Wait(ctx, bytes); err != nil {
		return err
	}
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(bytes[4*i:])
	}
	return nil
}
