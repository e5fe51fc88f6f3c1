package engine

import (
	"fmt"
	"slices"

	"mixtab/engine/grammar"
)

// A format keeps one answer to its grammar. A nil one lets every answer be.
type format struct {
	matcher *grammar.Matcher
	answer  []int32
	whole   bool // the document is complete, and nothing may follow
}

// format has a request's sampling keep to its grammar, for an answer whose first tokens are
// there. It is nil for a request without one.
func (e *Engine) format(req *Request, begun []int32) (*format, error) {
	if req.Grammar == nil {
		return nil, nil
	}
	if e.matcher == nil || e.matcher.Grammar() != req.Grammar {
		e.matcher = grammar.NewMatcher(req.Grammar, e.tokens())
	}
	req.Sampling.Mask = e.matcher.Allowed
	f := &format{matcher: e.matcher, answer: slices.Clone(begun)}
	var err error
	if f.whole, err = f.matcher.Complete(f.answer); err != nil {
		err = fmt.Errorf("the answer that is to go on: %w", err)
	}
	return f, err
}

// tokens are the texts of the tokens, in the order that masks are found in.
func (e *Engine) tokens() *grammar.Vocabulary {
	if e.vocabulary == nil {
		texts := make([]string, e.Tokenizer.VocabSize())
		for id := range texts {
			texts[id] = e.Tokenizer.Bytes(int32(id))
		}
		e.vocabulary = grammar.NewVocabulary(texts, e.Manifest.Config.EOS)
	}
	return e.vocabulary
}

// take notes a token of the answer.
func (f *format) take(id int32) error {
	if f == nil {
		return nil
	}
	var err error
	f.answer = append(f.answer, id)
	f.whole, err = f.matcher.Complete(f.answer)
	return err
}

func (f *format) complete() bool { return f != nil && f.whole }
