package grammar

import (
	"errors"
	"math"
)

// A node is a place in the graph. What leaves it are ways to go on: by a byte, or without
// one. Graphs are built from their ends backwards: a function that adds a part is told the
// node behind it and returns the part's first node.
type node struct {
	bytes []byteEdge
	to    []int32 // without a byte
	call  *call   // through a rule, and then on
	times *repeat // through a part several times, and then on
}

// A byteEdge leads on by any byte from lo to hi.
type byteEdge struct {
	lo, hi byte
	to     int32
}

// A call goes through a rule to its end, and then on from a node.
type call struct {
	rule *rule
	to   int32
}

// A rule is a part of the graph that ends at end. Its first node may be known only later, as
// rules may call themselves.
type rule struct{ start int32 }

// A repeat goes through a part that ends at end, from min to max times, and then on.
type repeat struct {
	body     int32
	min, max int // max < 0: without bound
	to       int32
}

// end is where the document, a rule and the body of a repeat end.
const end int32 = 0

// maxNodes bounds the memory of a graph. A property takes some ten nodes, and a byte of a
// literal one.
const maxNodes = 1 << 18

// maxDepth bounds how many calls and repeats are under way at once. Each level of a
// document takes one or two.
const maxDepth = 100

// never is the height of a node from which no way leads to the end.
const never = math.MaxInt32 / 2

var errTooLarge = errors.New("the JSON Schema is too large: it describes more than can be followed at once: describe less in one answer, or shorten its lists of values")

// A builder makes a graph.
type builder struct {
	nodes []node
	edges []byteEdge // those of nodes that have one, many to an allocation

	// Parts that many have in common, made when they are first needed.
	value, object, array, text, number, escaped *rule
}

func newBuilder() *builder { return &builder{nodes: make([]node, 1)} }

// add makes a node.
func (b *builder) add(n node) int32 {
	b.nodes = append(b.nodes, n)
	return int32(len(b.nodes) - 1)
}

// bytes goes on by one byte from lo to hi.
func (b *builder) bytes(lo, hi byte, to int32) int32 {
	if len(b.edges) == cap(b.edges) {
		b.edges = make([]byteEdge, 0, 1<<10)
	}
	n := len(b.edges)
	b.edges = append(b.edges, byteEdge{lo, hi, to})
	return b.add(node{bytes: b.edges[n : n+1 : n+1]})
}

// literal goes on by a text.
func (b *builder) literal(text string, to int32) int32 {
	for i := len(text) - 1; i >= 0; i-- {
		to = b.bytes(text[i], text[i], to)
	}
	return to
}

// either goes on by any of several ways. One alone is that way; none is a dead end.
func (b *builder) either(ways ...int32) int32 {
	if len(ways) == 1 {
		return ways[0]
	}
	return b.add(node{to: ways})
}

// loop goes on by any number of bodies.
func (b *builder) loop(body func(to int32) int32, to int32) int32 {
	at := b.add(node{})
	b.nodes[at].to = []int32{body(at), to}
	return at
}

// call goes through a rule. One that nothing comes behind is not come back from.
func (b *builder) call(r *rule, to int32) int32 {
	return b.add(node{call: &call{r, to}})
}

// repeat goes through a body from min to max times, without bound if max is negative. The
// body must not be empty.
func (b *builder) repeat(body func(to int32) int32, min, max int, to int32) int32 {
	switch {
	case max == 0:
		return to
	case min == 0 && max == 1:
		return b.either(body(to), to)
	case min == 0 && max < 0:
		return b.loop(body, to)
	case min == 1 && max == 1:
		return body(to)
	}
	return b.add(node{times: &repeat{body(end), min, max, to}})
}

// finish makes the grammar, if anything satisfies it.
func (b *builder) finish(start int32) (*Grammar, error) {
	if len(b.nodes) > maxNodes {
		return nil, errTooLarge
	}
	g := &Grammar{nodes: b.nodes, heights: heights(b.nodes), start: start}
	switch h := g.heights[start]; {
	case h >= never:
		return nil, errors.New("no document satisfies the JSON Schema: it asks for a value within itself without end, or for values that it also forbids")
	case h > maxDepth:
		return nil, errors.New("the least document that satisfies the JSON Schema nests too deeply: make it flatter")
	}
	return g, nil
}

// heights finds for each node how many frames the way to the end needs at least. Nodes are
// made from the end backwards, so that few rounds do.
func heights(nodes []node) []int32 {
	h := make([]int32, len(nodes))
	for i := range h {
		h[i] = never
	}
	h[end] = 0
	for changed := true; changed; {
		changed = false
		for i := range nodes {
			if lowest := nodes[i].height(h); int32(i) != end && lowest < h[i] {
				h[i], changed = lowest, true
			}
		}
	}
	return h
}

// height is that of a node, by those behind it.
func (n *node) height(h []int32) int32 {
	lowest := int32(never)
	for _, e := range n.bytes {
		lowest = min(lowest, h[e.to])
	}
	for _, to := range n.to {
		lowest = min(lowest, h[to])
	}
	if c := n.call; c != nil {
		within := h[c.rule.start]
		if c.to != end {
			within = min(never, within+1)
		}
		lowest = min(lowest, max(within, h[c.to]))
	}
	if r := n.times; r != nil {
		through := h[r.to]
		if r.min > 0 {
			through = max(through, min(never, h[r.body]+1))
		}
		lowest = min(lowest, through)
	}
	return lowest
}
