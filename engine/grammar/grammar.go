// Package grammar keeps a model to JSON: it says which tokens may follow an answer so far,
// so that the answer, once it ends, is a JSON document, or one that a JSON Schema describes.
//
// A schema is compiled to a graph over bytes (graph.go), which a machine walks like a
// pushdown automaton that may be in several places at once (machine.go). A vocabulary's
// tokens lie in a tree by their bytes (vocabulary.go); walking the tree with the machine
// finds the tokens that keep the document possible (matcher.go).
//
// What the graph accepts is somewhat less than what JSON allows, so that a model can
// neither loop nor surprise a reader: between two parts of a document stands nothing, one
// space, or a line break with at most 16 spaces; a number has at most 18 digits before its
// point, 20 behind it, and an exponent of two; values nest at most a hundred deep. The
// properties of an object come in the order in which the schema names them.
package grammar

import "fmt"

// A Grammar is what an answer has to be. It is immutable and safe for concurrent use.
type Grammar struct {
	nodes   []node
	heights []int32 // by node: the fewest frames that the way to the end needs at once
	start   int32
}

// maxSchemaBytes is far above any schema that a model could follow.
const maxSchemaBytes = 1 << 18

// JSON is the grammar of any JSON object.
func JSON() *Grammar {
	b := newBuilder()
	g, err := b.finish(b.document(b.call(b.anyObject(), end)))
	if err != nil {
		panic(err) // it depends on nothing
	}
	return g
}

// Compile makes the grammar of the documents that a JSON Schema describes. What it cannot
// hold an answer to is refused, by an error of one line that says where in the schema, and
// what to do.
func Compile(schema []byte) (*Grammar, error) {
	if len(schema) > maxSchemaBytes {
		return nil, fmt.Errorf("the JSON Schema has %d bytes; at most %d are taken: describe less in one answer", len(schema), maxSchemaBytes)
	}
	root, err := parse(schema)
	if err != nil {
		return nil, err
	}
	c := &compiler{builder: newBuilder(), root: root, rules: map[string]*rule{}}
	start, err := c.reference("#")
	if err != nil {
		return nil, err
	}
	if err := c.compileRules(); err != nil {
		return nil, err
	}
	return c.finish(c.document(c.call(start, end)))
}
