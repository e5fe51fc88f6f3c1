package engine

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"mixtab/engine/sample"
	"mixtab/engine/tokenizer"
)

// MaxTopLogprobs is the most alternatives that are told of a token.
const MaxTopLogprobs = 20

// TokenLogprobs are a token of an answer with what else could have stood there.
type TokenLogprobs struct {
	TokenLogprob
	Top []TokenLogprob // the likeliest, from the likeliest down
}

// A TokenLogprob is a token and the natural logarithm of its probability.
type TokenLogprob struct {
	ID int32
	// Text is the token's text; of a part of a character its bytes, as \xe2; of a control
	// token its name.
	Text    string
	Bytes   []byte // what it adds to the answer, together with its neighbours UTF-8; nothing of a control token
	Logprob float64
}

// logprobs are those of a token that is about to be pushed to the stream.
func (e *Engine) logprobs(s *tokenizer.Stream, token Token, n int) TokenLogprobs {
	of, top := sample.Logprobs(token.Logits, token.ID, n)
	told := TokenLogprobs{TokenLogprob: e.logprob(s, sample.Logprob{Token: token.ID, Logprob: of})}
	for _, other := range top {
		told.Top = append(told.Top, e.logprob(s, other))
	}
	return told
}

func (e *Engine) logprob(s *tokenizer.Stream, l sample.Logprob) TokenLogprob {
	bytes := s.Bytes(l.Token)
	text := string(bytes)
	switch {
	case e.Tokenizer.IsControl(l.Token):
		text = e.Tokenizer.Piece(l.Token)
	case !utf8.Valid(bytes):
		var escaped strings.Builder
		for _, b := range bytes {
			fmt.Fprintf(&escaped, `\x%02x`, b)
		}
		text = escaped.String()
	}
	return TokenLogprob{ID: l.Token, Text: text, Bytes: bytes, Logprob: l.Logprob}
}
