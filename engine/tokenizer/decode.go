package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// Decode returns the text of ids. Control ids are skipped; the one space that
// Encode put in front is taken off; bytes that form no UTF-8 become one U+FFFD
// each. An id outside the vocabulary reads like the unknown piece, " ⁇ ".
func (t *Tokenizer) Decode(ids []int32) string {
	s := Stream{t: t, start: true}
	var out []byte
	for _, id := range ids {
		out = s.append(out, id)
	}
	return string(s.appendPending(out))
}

// Stream decodes ids one by one, as a model produces them. The concatenation
// of everything that Push and Flush return is what Decode returns for all ids
// at once; each part is valid UTF-8, since a character that is spelled in byte
// pieces is held back until it is complete.
//
// To go on after text that is already shown, push its ids first and drop what
// Push returns.
type Stream struct {
	t       *Tokenizer
	start   bool   // nothing was decoded yet: the dummy prefix is still to come
	pending []byte // an incomplete UTF-8 sequence from byte pieces, at most 3 bytes
}

// NewStream starts decoding a sequence.
func (t *Tokenizer) NewStream() *Stream { return &Stream{t: t, start: true} }

// Push returns the text that id completes, which may be empty.
func (s *Stream) Push(id int32) string { return string(s.append(nil, id)) }

// Flush ends the sequence: it returns one U+FFFD for each byte still held back,
// and the stream is as new.
func (s *Stream) Flush() string {
	s.start = true
	return string(s.appendPending(nil))
}

// Bytes returns what id would add to the text if it were pushed now: that of Tokenizer.Bytes,
// but for the space that Encode put in front.
func (s *Stream) Bytes(id int32) []byte {
	text := s.t.Bytes(id)
	if s.start && s.t.dummyPrefix && s.t.kindOf(id) == kindNormal {
		text = strings.TrimPrefix(text, " ")
	}
	return []byte(text)
}

func (s *Stream) append(dst []byte, id int32) []byte {
	text, k := s.Bytes(id), s.t.kindOf(id)
	if k == kindByte {
		s.pending = append(s.pending, text...)
		s.start = false
		return s.appendComplete(dst)
	}
	// SentencePiece ends a run of bytes at any other piece, control included.
	dst = s.appendPending(dst)
	if k != kindControl {
		s.start = false
	}
	return append(dst, text...)
}

// appendComplete moves every sequence that can no longer change from pending
// to dst.
func (s *Stream) appendComplete(dst []byte) []byte {
	for len(s.pending) > 0 && utf8.FullRune(s.pending) {
		r, size := utf8.DecodeRune(s.pending) // U+FFFD of size 1 if invalid
		dst = utf8.AppendRune(dst, r)
		s.pending = append(s.pending[:0], s.pending[size:]...)
	}
	return dst
}

// appendPending gives up on what is left in pending.
func (s *Stream) appendPending(dst []byte) []byte {
	for range s.pending {
		dst = utf8.AppendRune(dst, utf8.RuneError)
	}
	s.pending = s.pending[:0]
	return dst
}
