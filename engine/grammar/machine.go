package grammar

import (
	"encoding/binary"
	"errors"
	"slices"
)

// A machine walks a graph byte by byte. Where it may be, a state, is a set of places, each
// a node with what is under way around it. States are made as they are first come to, and
// remembered with what leads from one to the other: later, a byte is one look into a table.
type machine struct {
	g      *Grammar
	states []*state
	known  map[string]int32 // states by their places
	frames []frame          // frames[0] is the bottom of all stacks
	stacks map[frame]int32
	full   bool // a limit was reached: some states are missing

	// Of the state that is being made.
	seen  map[place]bool
	here  []place
	ended bool
}

// A place is a node, and a frame for each call and repeat that is under way around it.
type place struct{ node, stack int32 }

// A frame is a call or repeat under way: the node behind the call, or the one that repeats
// and how often it has. below is the frame around it.
type frame struct{ node, times, below, depth int32 }

// aCall is the times of a call.
const aCall int32 = -1

// A state is a set of places.
type state struct {
	places []place // in order, and only those that a byte leads on from
	ended  bool    // the document may end here
	next   [256]int32
	mask   []uint32 // by token: it may follow; nil: not computed yet
}

// The first states.
const (
	unknown int32 = iota // of state.next: not computed yet
	dead                 // no document begins like this
)

const (
	// maxStates is how many states are remembered; behind that all are made anew. Each takes
	// a kilobyte, and some 4 more if its mask is known.
	maxStates = 1 << 12
	// maxFound bounds the states that one mask may come to, and maxPlaces those of one state.
	maxFound  = 1 << 15
	maxPlaces = 1 << 12
)

// ErrAmbiguous ends an answer that can be read in too many ways.
var ErrAmbiguous = errors.New("the answer so far can be read in too many ways by its JSON Schema: let the alternatives of anyOf and oneOf begin with properties of different names or constant values, and make patterns simpler")

func newMachine(g *Grammar) *machine {
	m := &machine{g: g, states: []*state{nil, {}}, known: map[string]int32{}, frames: make([]frame, 1), stacks: map[frame]int32{}, seen: map[place]bool{}}
	for b := range m.states[dead].next {
		m.states[dead].next[b] = dead
	}
	return m
}

// start is the state before the first byte.
func (m *machine) start() int32 {
	m.reach(place{node: m.g.start})
	return m.state()
}

// step is the state behind a byte.
func (m *machine) step(from int32, b byte) int32 {
	if to := m.states[from].next[b]; to != unknown {
		return to
	}
	for _, p := range m.states[from].places {
		for _, e := range m.g.nodes[p.node].bytes {
			if e.lo <= b && b <= e.hi {
				m.reach(place{e.to, p.stack})
			}
		}
	}
	to := m.state()
	m.states[from].next[b] = to
	return to
}

// reach adds a place to the state that is being made, and those that no byte is needed for.
// A place from which the end is too deep to reach is left out.
func (m *machine) reach(p place) {
	if m.g.heights[p.node]+m.frames[p.stack].depth > maxDepth || m.seen[p] {
		return
	}
	if len(m.seen) == maxPlaces {
		m.full = true
		return
	}
	m.seen[p] = true
	if p.node == end {
		m.leave(p.stack)
		return
	}
	n := &m.g.nodes[p.node]
	if len(n.bytes) > 0 {
		m.here = append(m.here, p)
	}
	for _, to := range n.to {
		m.reach(place{to, p.stack})
	}
	switch c := n.call; {
	case c == nil:
	case c.to == end:
		m.reach(place{c.rule.start, p.stack})
	case m.g.heights[c.to]+m.frames[p.stack].depth <= maxDepth:
		m.reach(place{c.rule.start, m.push(c.to, aCall, p.stack)})
	}
	if n.times != nil {
		m.repeat(p, 0)
	}
}

// leave goes on behind the call or the repeat whose part has ended.
func (m *machine) leave(stack int32) {
	f := m.frames[stack]
	switch {
	case stack == 0:
		m.ended = true
	case f.times == aCall:
		m.reach(place{f.node, f.below})
	default:
		m.repeat(place{f.node, f.below}, f.times+1)
	}
}

// repeat goes on at a node that repeats, and has so many times.
func (m *machine) repeat(p place, times int32) {
	r := m.g.nodes[p.node].times
	if int(times) >= r.min {
		m.reach(place{r.to, p.stack})
	}
	if r.max < 0 {
		times = min(times, int32(r.min)) // how often beyond that is nobody's concern
	}
	if r.max < 0 || int(times) < r.max {
		m.reach(place{r.body, m.push(p.node, times, p.stack)})
	}
}

// push is the stack with one more frame.
func (m *machine) push(node, times, below int32) int32 {
	f := frame{node, times, below, m.frames[below].depth + 1}
	id, ok := m.stacks[f]
	if !ok {
		id = int32(len(m.frames))
		m.frames = append(m.frames, f)
		m.stacks[f] = id
	}
	return id
}

// state is the number of the state that was being made.
func (m *machine) state() int32 {
	places, ended := m.here, m.ended
	m.here, m.ended = m.here[:0], false
	clear(m.seen)
	if len(places) == 0 && !ended {
		return dead
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.node != b.node {
			return int(a.node - b.node)
		}
		return int(a.stack - b.stack)
	})
	var key []byte
	if ended {
		key = append(key, 1)
	}
	for _, p := range places {
		key = binary.LittleEndian.AppendUint32(key, uint32(p.node))
		key = binary.LittleEndian.AppendUint32(key, uint32(p.stack))
	}
	if id, ok := m.known[string(key)]; ok {
		return id
	}
	if len(m.states) == maxFound {
		m.full = true
		return dead
	}
	id := int32(len(m.states))
	m.states = append(m.states, &state{places: slices.Clone(places), ended: ended})
	m.known[string(key)] = id
	return id
}

// only is a machine that has nothing of this one but a state.
func (m *machine) only(at int32) (*machine, int32) {
	o := newMachine(m.g)
	s := m.states[at]
	for _, p := range s.places {
		o.here = append(o.here, place{p.node, o.copyStack(m, p.stack)})
	}
	o.ended = s.ended
	return o, o.state()
}

// copyStack makes the stack of another machine.
func (m *machine) copyStack(other *machine, stack int32) int32 {
	if stack == 0 {
		return 0
	}
	f := other.frames[stack]
	return m.push(f.node, f.times, m.copyStack(other, f.below))
}
