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
// Where all experts are on the device the host reads 4 bytes of it. Else, or for a trace, it
// reads the state: it says whether the pass waits, and the trace, which experts each layer chose. A
// pass that waits, and all behind it, does nothing more until the host lets it go on.
type Step struct {
	m      *Model
	number int
	read   gpu.Readback // nil: not begun
	traced bool         // read is of the state, not of the token alone
	told   int          // layers whose choice the cache knows
	asked  time.Time    // zero of the first, which is no whole pass
	faults int
}

// Decode queues one step: the token sampled before runs at the position that the device
// knows, and the next is sampled. number is that of the token in the answer. The host neither waits nor sends
// anything; several steps may be under way, at most Ring.
func (m *Model) Decode(ctx context.Context, number int) (*Step, error) {
	if m.broken != nil {
		return nil, m.broken
	}
	if err := m.decode.ready(ctx, m); err != nil {
		return nil, err
	}
	s := &Step{m: m, number: number}
	// Of a pool's layers none can run before the host has bound its experts, so that a step
	// begins when those before it are over.
	if m.slots.layers != nil {
		if err := s.begin(); err != nil {
			return nil, err
		}
	}
	m.flying = append(m.flying, s)
	return s, nil
}

// SampleFirst queues the head and sampling behind the last Prefill.
func (m *Model) SampleFirst() (*Step, error) {
	if err := m.dev.Submit(m.head, m.sample); err != nil {
		return nil, err
	}
	s := &Step{m: m, number: m.sampled}
	if err := s.readToken(); err != nil {
		return nil, err
	}
	m.flying = []*Step{s}
	return s, nil
}

func (s *Step) begin() error {
	m := s.m
	s.asked = time.Now()
	if m.slots.layers == nil {
		if err := m.dev.Submit(m.decode.begin, m.decode.layers[0].attention); err != nil {
			return err
		}
		return s.readState()
	}
	if err := m.decode.submit(m.dev, fromStart); err != nil {
		return err
	}
	if m.slots.complete() && m.options.Trace == nil {
		return s.readToken()
	}
	return s.readState()
}

func (s *Step) readToken() (err error) {
	s.traced = false
	s.read, err = s.m.dev.StartRead(s.m.act.out.Buffer, s.number%Ring*4, 4)
	return err
}

func (s *Step) readState() (err error) {
	s.traced = true
	s.read, err = s.m.dev.StartRead(s.m.act.state.Buffer, 0, 4*s.m.stateLayout().Table(0))
	return err
}

// Wait is the step's token. Steps are waited for in their order.
func (s *Step) Wait(ctx context.Context) (int32, error) {
	m := s.m
	if s.read == nil {
		if err := s.begin(); err != nil {
			return 0, err
		}
	}
	for {
		words := make([]uint32, 1)
		if s.traced {
			words = make([]uint32, m.stateLayout().Table(0))
		}
		if err := waitWords(ctx, s.read, words); err != nil {
			return 0, err
		}
		if !s.traced {
			s.arrived()
			return int32(words[0]), nil
		}
		if words[kernel.StateFault] == 0 {
			s.tell(words, m.Config.NLayers)
			if m.options.Trace != nil {
				m.options.Trace(m.chosenByAll(words))
			}
			s.arrived()
			return int32(words[kernel.StateToken]), nil
		}
		if err := s.serve(ctx, words); err != nil {
			return 0, err
		}
	}
}

// arrived takes the step out of those under way, and tells the pass how long the device
// worked for it: since it was asked for, or since the one before it came, if that was later.
func (s *Step) arrived() {
	m := s.m
	m.flying = m.flying[1:]
	now := time.Now()
	if !s.asked.IsZero() && s.faults == 0 {
		since := s.asked
		if m.decode.last.After(since) {
			since = m.decode.last
		}
		m.decode.took(now.Sub(since))
	}
	m.decode.last = now
}

// serve brings the experts that the pass waits for and lets it go on.
func (s *Step) serve(ctx context.Context, words []uint32) error {
	m := s.m
	s.faults++
	l := int(words[kernel.StateFault]) - 1
	behind := m.flying[1:]
	for _, later := range behind {
		if err := later.discard(ctx); err != nil {
			return err
		}
	}
	s.tell(words, l+1)
	wanted := m.chosen(words, l)
	if err := m.admit(ctx, l, wanted); err != nil {
		return err
	}
	if err := m.writeTable(l, m.boundOnly(wanted)); err != nil {
		return err
	}
	if err := m.goOn(words[kernel.StateStep]); err != nil {
		return err
	}
	if err := s.resume(ctx, l, wanted); err != nil {
		return err
	}
	if err := s.readState(); err != nil {
		return err
	}
	for _, later := range behind {
		if later.read != nil {
			if err := later.begin(); err != nil {
				return err
			}
		}
	}
	return nil
}

// resume queues the rest of the pass from the experts of layer l on, or, of a pool, up to
// the next layer's choice.
func (s *Step) resume(ctx context.Context, l int, wanted []int) error {
	m := s.m
	if m.slots.layers != nil {
		return m.decode.submit(m.dev, l)
	}
	bound, err := m.bind(ctx, m.decode.pass, l, 1, wanted)
	if err != nil {
		return err
	}
	next := m.decode.end
	if l+1 < m.Config.NLayers {
		next = m.decode.layers[l+1].attention
	}
	if err := m.dev.Submit(bound, next); err != nil {
		return err
	}
	return m.writeTable(l, nil) // behind it, the layer has no slots again
}

// boundOnly is what a table may say is there for a layer's one token: of a pool, what it
// wants, else all.
func (m *Model) boundOnly(wanted []int) []int {
	if m.slots.layers == nil {
		return wanted
	}
	return nil
}

// goOn takes back what the router did when it let the pass wait.
func (m *Model) goOn(step uint32) error {
	var words []byte
	for _, w := range []uint32{1, step, 0} { // StateN, StateStep, StateFault
		words = binary.LittleEndian.AppendUint32(words, w)
	}
	return m.dev.Write(m.act.state.Buffer, 4*kernel.StateN, words)
}

// chosen are the experts that a layer chose for the pass's token.
func (m *Model) chosen(state []uint32, l int) []int {
	at := m.stateLayout().Trace(l)
	all := make([]int, m.Config.NExpertsPerTok)
	for i := range all {
		all[i] = int(state[at+i])
	}
	return all
}

// chosenByAll are the choices of all layers.
func (m *Model) chosenByAll(state []uint32) []int {
	var all []int
	for l := range m.Config.NLayers {
		all = append(all, m.chosen(state, l)...)
	}
	return all
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
	n := 1
	if s.traced {
		n = s.m.stateLayout().Table(0)
	}
	return waitWords(ctx, s.read, make([]uint32, n))
}

// Drain waits for the steps that nobody has waited for, and forgets all that are under way.
func (m *Model) Drain(ctx context.Context) {
	for _, s := range m.flying {
		s.discard(ctx)
	}
	m.flying = nil
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
