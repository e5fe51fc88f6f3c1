//go:build js && wasm

package main

import (
	"mixtab/engine/grammar"
	"mixtab/wasm/protocol"
)

// grammar is what an answer has to be; nil: any text. That of the last request is kept, so
// that the engine keeps what it has found of it.
func (s *server) grammar(f *protocol.Format) (*grammar.Grammar, error) {
	switch {
	case f == nil:
		return nil, nil
	case s.grammarOf != nil && *f == s.format:
		return s.grammarOf, nil
	}
	var g *grammar.Grammar
	var err error
	switch f.Type {
	case protocol.FormatObject:
		g = grammar.JSON()
	case protocol.FormatSchema:
		if g, err = grammar.Compile([]byte(f.Schema)); err != nil {
			return nil, badRequest("response_format: %v", err)
		}
	default:
		return nil, badRequest("response_format is %q; %q and %q are known", f.Type, protocol.FormatObject, protocol.FormatSchema)
	}
	s.format, s.grammarOf = *f, g
	return g, nil
}
