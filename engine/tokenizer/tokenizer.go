// Package tokenizer turns text into the token ids of a SentencePiece BPE
// vocabulary and back, exactly as SentencePiece does with the files of
// Mistral-7B and Mixtral-8x7B: byte fallback, a dummy prefix, no other
// normalisation.
//
// Text is only ever text. A user who types "<s>", "</s>" or "[INST]" gets the
// ordinary pieces that spell it; no string encodes to a control id. Callers
// that need control tokens (see package chat) put the ids there themselves.
//
// For every string s of any accepted tokenizer, Decode(Encode(s)) is s with
// each invalid UTF-8 byte replaced by U+FFFD and each U+2581 by a space. So it
// is s itself exactly when s is valid UTF-8 and holds no U+2581, the character
// that the format itself uses for a space.
package tokenizer

import (
	"bytes"
	"errors"
	"strings"
	"sync"
)

// spaceRune is "▁" (U+2581), which stands for a space inside pieces.
const (
	spaceRune = '\u2581'
	spaceText = "\u2581"
)

// kind says how a piece takes part in encoding and decoding.
type kind uint8

const (
	kindNormal  kind = iota // spells its own text
	kindUnknown             // never encoded; decodes to unknownSurface
	kindControl             // never encoded; decodes to nothing
	kindByte                // one raw byte of a character without a piece
	kindAdded               // spells its own text when decoded, never encoded
)

// Tokenizer is an immutable vocabulary, safe for concurrent use.
type Tokenizer struct {
	pieces []string // by id, "▁" for a space
	kinds  []kind   // by id

	bos, eos       int32
	unknownSurface string // what an unknown id decodes to
	dummyPrefix    bool   // Encode puts one space before the text, Decode takes it off

	byteIDs [256]int32 // the piece of each raw byte

	// Symbols are what merging works on: the id of a piece, or len(pieces)+i
	// for loose[i], a character that has no piece but occurs inside one.
	ascii  [128]int32 // symbol of an ASCII character, or noSymbol
	runes  map[rune]int32
	loose  []rune
	space  int32 // symbol of "▁"
	merges pairTable

	// wordBound is true if no piece holds a "▁" after another character. No
	// merge can then cross the gap before a space, and each word is merged by
	// itself, which keeps its symbols in the processor's first-level cache.
	wordBound bool

	scratch sync.Pool // of *scratch
}

// Parse reads either kind of tokenizer file: the bytes of a SentencePiece
// tokenizer.model or of a Hugging Face tokenizer.json, told apart by their
// first character. A file that is neither, is damaged, or asks for something
// that this package does not implement gives an error that says so; the caller names
// the file.
func Parse(file []byte) (*Tokenizer, error) {
	if len(file) == 0 {
		return nil, errors.New("the file is empty")
	}
	// A model starts with '\n', the protobuf tag of its first piece, and goes
	// on with that piece's length, which in no real vocabulary is 123 ('{').
	if bytes.HasPrefix(bytes.TrimLeft(file, " \t\r\n"), []byte("{")) {
		return ParseJSON(file)
	}
	return ParseModel(file)
}

// VocabSize returns the number of ids; they run from 0 to VocabSize()-1.
func (t *Tokenizer) VocabSize() int { return len(t.pieces) }

// BOS returns the id of the control piece that opens a sequence, "<s>".
func (t *Tokenizer) BOS() int32 { return t.bos }

// EOS returns the id of the control piece that ends an answer, "</s>".
func (t *Tokenizer) EOS() int32 { return t.eos }

// Piece returns the text of id as the vocabulary writes it, with "▁" for a
// space and "<0x0A>" for a byte, or "" if there is no such id.
func (t *Tokenizer) Piece(id int32) string {
	if !t.has(id) {
		return ""
	}
	return t.pieces[id]
}

// Bytes returns what id adds to a text that has begun: of a byte piece its byte, which alone
// may be no UTF-8, of a control piece nothing.
func (t *Tokenizer) Bytes(id int32) string {
	switch t.kindOf(id) {
	case kindControl:
		return ""
	case kindByte:
		b, _ := byteOf(t.pieces[id])
		return string([]byte{b})
	case kindAdded:
		return t.pieces[id]
	case kindNormal:
		return strings.ReplaceAll(t.pieces[id], spaceText, " ")
	}
	return t.unknownSurface
}

// IsControl reports whether id is a control piece, such as BOS and EOS, which
// Encode never returns and Decode skips.
func (t *Tokenizer) IsControl(id int32) bool {
	return t.has(id) && t.kinds[id] == kindControl
}

// kindOf is the kind of an id, which may be none of the vocabulary.
func (t *Tokenizer) kindOf(id int32) kind {
	if !t.has(id) {
		return kindUnknown
	}
	return t.kinds[id]
}

func (t *Tokenizer) has(id int32) bool { return id >= 0 && int(id) < len(t.pieces) }
