package tokenizer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxPieceBytes bounds a piece, so that loading a hostile file stays linear in
// its size. Mixtral's longest piece is 48 bytes.
const maxPieceBytes = 1024

// noSymbol marks a character that occurs in no piece.
const noSymbol = -1

// vocab is what both file formats are read into.
type vocab struct {
	pieces         []string // by id
	kinds          []kind   // by id
	bos, eos       string   // pieces
	unknownSurface string
	dummyPrefix    bool
}

// merge joins the adjacent symbols left and right into the piece id; among the
// merges that a text allows, the lowest rank goes first, then the leftmost.
type merge struct {
	left, right int32
	rank        uint32
	id          int32
}

// newTokenizer checks v and builds everything but the merges. It returns the
// symbol of each text that merging can meet: normal pieces, and the loose
// characters inside them if withLoose is set.
func newTokenizer(v vocab, withLoose bool) (*Tokenizer, map[string]int32, error) {
	t := &Tokenizer{
		pieces:         v.pieces,
		kinds:          v.kinds,
		unknownSurface: v.unknownSurface,
		dummyPrefix:    v.dummyPrefix,
		runes:          make(map[rune]int32),
		wordBound:      true,
	}
	ids := make(map[string]int32, len(v.pieces))
	for id, piece := range v.pieces {
		if err := checkPiece(piece); err != nil {
			return nil, nil, fmt.Errorf("piece %d: %w", id, err)
		}
		if first, ok := ids[piece]; ok {
			return nil, nil, fmt.Errorf("pieces %d and %d are both %q", first, id, piece)
		}
		ids[piece] = int32(id)
	}
	if err := t.findBytes(); err != nil {
		return nil, nil, err
	}
	var err error
	if t.bos, err = control(v, ids, v.bos); err != nil {
		return nil, nil, err
	}
	if t.eos, err = control(v, ids, v.eos); err != nil {
		return nil, nil, err
	}
	if id, ok := ids[spaceText]; !ok || v.kinds[id] != kindNormal {
		return nil, nil, errors.New(`there is no piece "▁", so a space cannot be encoded`)
	}

	symbols := ids // reused: what can be no part of a merge is taken out
	for id, piece := range v.pieces {
		if v.kinds[id] != kindNormal {
			delete(symbols, piece)
		}
	}
	for id, piece := range v.pieces {
		if v.kinds[id] == kindNormal {
			t.addSymbols(symbols, piece, withLoose)
		}
	}
	for c := range t.ascii {
		t.ascii[c] = t.symbol(rune(c))
	}
	t.space = t.symbol(spaceRune)
	t.ascii[' '] = t.space
	return t, symbols, nil
}

func checkPiece(piece string) error {
	switch {
	case piece == "":
		return errors.New("it is empty")
	case len(piece) > maxPieceBytes:
		return fmt.Errorf("it is %d bytes long; at most %d are allowed", len(piece), maxPieceBytes)
	case !utf8.ValidString(piece):
		return fmt.Errorf("%q is not valid UTF-8", piece)
	}
	return nil
}

// findBytes fills byteIDs and requires each byte to have its piece: without
// one, some text would have no encoding.
func (t *Tokenizer) findBytes() error {
	for b := range t.byteIDs {
		t.byteIDs[b] = noSymbol
	}
	for id, k := range t.kinds {
		if k != kindByte {
			continue
		}
		b, ok := byteOf(t.pieces[id])
		if !ok {
			return fmt.Errorf("piece %d is a byte, but %q does not name one (<0x00> to <0xFF>)", id, t.pieces[id])
		}
		t.byteIDs[b] = int32(id)
	}
	for b, id := range t.byteIDs {
		if id == noSymbol {
			return fmt.Errorf("the byte piece <0x%02X> is missing; only vocabularies with byte fallback are supported", b)
		}
	}
	return nil
}

// byteOf returns the byte that a piece such as "<0x0A>" stands for.
func byteOf(piece string) (byte, bool) {
	if len(piece) != 6 || !strings.HasPrefix(piece, "<0x") || piece[5] != '>' {
		return 0, false
	}
	b, err := strconv.ParseUint(piece[3:5], 16, 8)
	return byte(b), err == nil && piece[3:5] == strings.ToUpper(piece[3:5])
}

func control(v vocab, ids map[string]int32, piece string) (int32, error) {
	id, ok := ids[piece]
	if !ok || v.kinds[id] != kindControl {
		return 0, fmt.Errorf("there is no control piece %q", piece)
	}
	return id, nil
}

// addSymbols notes the characters of a normal piece and whether the piece
// spans a gap between words.
func (t *Tokenizer) addSymbols(symbols map[string]int32, piece string, withLoose bool) {
	for i, r := range piece {
		n := utf8.RuneLen(r)
		if i > 0 && r == spaceRune && !strings.HasSuffix(piece[:i], spaceText) {
			t.wordBound = false
		}
		if _, ok := t.runes[r]; ok {
			continue
		}
		sym, ok := symbols[piece[i:i+n]]
		if !ok {
			if !withLoose {
				continue
			}
			sym = int32(len(t.pieces) + len(t.loose))
			t.loose = append(t.loose, r)
			symbols[piece[i:i+n]] = sym
		}
		t.runes[r] = sym
	}
}

// symbol returns the symbol of a character, or noSymbol.
func (t *Tokenizer) symbol(r rune) int32 {
	if sym, ok := t.runes[r]; ok {
		return sym
	}
	return noSymbol
}
