package tokenizer

import "unicode/utf8"

// scratchSymbols bounds the working memory kept between calls: 16 Ki symbols
// are about half a megabyte. A longer word allocates its own and gives it back.
const scratchSymbols = 16 << 10

// scratch is the working memory of one Encode.
type scratch struct {
	word []int32 // symbols that may still merge with each other
	long longMerge
}

// Encode returns the ids of s, without BOS and EOS and never with a control
// id. The empty string has no ids. Each byte of s that is not part of valid
// UTF-8 counts as one U+FFFD.
func (t *Tokenizer) Encode(s string) []int32 {
	return t.AppendEncode(nil, s)
}

// AppendEncode appends the ids of s to dst, as Encode returns them.
func (t *Tokenizer) AppendEncode(dst []int32, s string) []int32 {
	if s == "" {
		return dst
	}
	w, _ := t.scratch.Get().(*scratch)
	if w == nil {
		w = new(scratch)
	}
	w.word = w.word[:0]
	if t.dummyPrefix {
		w.word = append(w.word, t.space)
	}
	for i := 0; i < len(s); {
		var sym int32
		r, size := rune(s[i]), 1
		if r < utf8.RuneSelf {
			sym = t.ascii[r]
		} else {
			r, size = utf8.DecodeRuneInString(s[i:])
			sym = t.symbol(r)
		}
		i += size
		if sym == noSymbol {
			// The character is in no piece: nothing merges across it.
			dst = t.endWord(dst, w)
			dst = t.appendBytes(dst, r)
			continue
		}
		if n := len(w.word); sym == t.space && t.wordBound && n > 0 && w.word[n-1] != t.space {
			dst = t.endWord(dst, w)
		}
		w.word = append(w.word, sym)
	}
	dst = t.endWord(dst, w)
	if cap(w.word) <= scratchSymbols {
		t.scratch.Put(w)
	}
	return dst
}

// endWord merges w.word, appends its ids to dst and empties it.
func (t *Tokenizer) endWord(dst []int32, w *scratch) []int32 {
	word := w.word
	w.word = w.word[:0]
	if len(word) <= shortWord {
		word = t.merges.mergeShort(word)
	} else {
		word = t.merges.mergeLong(word, &w.long)
	}
	if len(t.loose) == 0 {
		return append(dst, word...)
	}
	for _, sym := range word {
		if i := int(sym) - len(t.pieces); i >= 0 {
			dst = t.appendBytes(dst, t.loose[i])
		} else {
			dst = append(dst, sym)
		}
	}
	return dst
}

// appendBytes appends the byte pieces of a character that has no own piece.
func (t *Tokenizer) appendBytes(dst []int32, r rune) []int32 {
	var buf [utf8.UTFMax]byte
	for _, b := range buf[:utf8.EncodeRune(buf[:], r)] {
		dst = append(dst, t.byteIDs[b])
	}
	return dst
}
