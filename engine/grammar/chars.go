package grammar

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// A span is the characters from lo to hi.
type span struct{ lo, hi rune }

// A set is of characters: spans in order, that neither touch nor overlap.
type set []span

// anyChar has every character that a text may have.
var anyChar = set{{0, 0xD7FF}, {0xE000, utf8.MaxRune}}

// newSet makes a set of spans in any order.
func newSet(spans ...span) set {
	sorted := slices.SortedFunc(slices.Values(spans), func(a, b span) int { return int(a.lo) - int(b.lo) })
	var s set
	for _, next := range sorted {
		if n := len(s); n > 0 && next.lo <= s[n-1].hi+1 {
			s[n-1].hi = max(s[n-1].hi, next.hi)
		} else {
			s = append(s, next)
		}
	}
	return s
}

// and has the characters of both sets.
func (s set) and(t set) set {
	var both set
	for i, j := 0, 0; i < len(s) && j < len(t); {
		if lo, hi := max(s[i].lo, t[j].lo), min(s[i].hi, t[j].hi); lo <= hi {
			both = append(both, span{lo, hi})
		}
		if s[i].hi < t[j].hi {
			i++
		} else {
			j++
		}
	}
	return both
}

// not has all characters that the set has not.
func (s set) not() set {
	var rest set
	next := rune(0)
	for _, r := range s {
		if next < r.lo {
			rest = append(rest, span{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= utf8.MaxRune {
		rest = append(rest, span{next, utf8.MaxRune})
	}
	return rest.and(anyChar)
}

func (s set) has(r rune) bool {
	return slices.ContainsFunc(s, func(x span) bool { return x.lo <= r && r <= x.hi })
}

// plain has the characters that stand in a JSON string as they are.
var plain = newSet(span{0, 0x1F}, span{'"', '"'}, span{'\\', '\\'}).not()

// quoted goes on by a character of a set as it is written in a JSON string: plainly, or by
// the one escape that encoders choose.
func (b *builder) quoted(s set, to int32) int32 {
	at := b.add(node{})
	b.utf8(at, s.and(plain), to)
	var escapes []string
	for _, r := range s {
		for c := r.lo; c <= min(r.hi, '\\'); c++ {
			if !plain.has(c) {
				escapes = append(escapes, escape(c))
			}
		}
	}
	if len(escapes) > 0 {
		b.nodes[at].to = append(b.nodes[at].to, b.literals(escapes, to))
	}
	return at
}

// escape writes a character that is not plain.
func escape(c rune) string {
	switch c {
	case '"', '\\':
		return `\` + string(c)
	case '\b':
		return `\b`
	case '\f':
		return `\f`
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	return fmt.Sprintf(`\u%04x`, c)
}

// quote writes a text as a JSON string.
func quote(text string) string {
	out := []byte{'"'}
	for _, c := range text {
		if plain.has(c) {
			out = utf8.AppendRune(out, c)
		} else {
			out = append(out, escape(c)...)
		}
	}
	return string(append(out, '"'))
}

// utf8 lets a node go on by the bytes of a character of a set.
func (b *builder) utf8(at int32, s set, to int32) {
	tails := [4]int32{to, -1, -1, -1} // by the number of free bytes that end a character
	tail := func(n int) int32 {
		for i := 1; i <= n; i++ {
			if tails[i] < 0 {
				tails[i] = b.bytes(0x80, 0xBF, tails[i-1])
			}
		}
		return tails[n]
	}
	// Spans are cut where the number of bytes changes.
	for _, length := range []span{{0, 0x7F}, {0x80, 0x7FF}, {0x800, 0xFFFF}, {0x10000, utf8.MaxRune}} {
		for _, r := range s.and(set{length}) {
			lo, hi := []byte(string(r.lo)), []byte(string(r.hi))
			b.between(at, lo, hi, tail)
		}
	}
}

// between lets a node go on by the encodings from lo to hi, which are of one length.
func (b *builder) between(at int32, lo, hi []byte, tail func(n int) int32) {
	rest := len(lo) - 1
	edge := func(from, upto byte, to int32) {
		b.nodes[at].bytes = append(b.nodes[at].bytes, byteEdge{from, upto, to})
	}
	part := func(first byte, lo, hi []byte) {
		next := b.add(node{})
		b.between(next, lo, hi, tail)
		edge(first, first, next)
	}
	least := slices.Repeat([]byte{0x80}, rest)
	most := slices.Repeat([]byte{0xBF}, rest)
	first, last := lo[0], hi[0]
	fromLeast, uptoMost := slices.Equal(lo[1:], least), slices.Equal(hi[1:], most)
	switch {
	case first == last && fromLeast && uptoMost:
		edge(first, first, tail(rest))
		return
	case first == last:
		part(first, lo[1:], hi[1:])
		return
	}
	if !fromLeast {
		part(first, lo[1:], most)
		first++
	}
	if !uptoMost {
		part(last, least, hi[1:])
		last--
	}
	if first <= last {
		edge(first, last, tail(rest))
	}
}

// literals goes on by any of several texts. Those that begin alike share their beginning,
// so that the machine is in one place for all of them.
func (b *builder) literals(texts []string, to int32) int32 {
	sorted := slices.Compact(slices.Sorted(slices.Values(texts)))
	return b.share(sorted, 0, to)
}

// share is literals for sorted texts that are alike up to a length.
func (b *builder) share(texts []string, length int, to int32) int32 {
	var n node
	if len(texts) > 0 && len(texts[0]) == length {
		if len(texts) == 1 {
			return to
		}
		n.to, texts = []int32{to}, texts[1:]
	}
	for len(texts) > 0 {
		c := texts[0][length]
		same := slices.IndexFunc(texts, func(t string) bool { return t[length] != c })
		if same < 0 {
			same = len(texts)
		}
		n.bytes = append(n.bytes, byteEdge{c, c, b.share(texts[:same], length+1, to)})
		texts = texts[same:]
	}
	return b.add(n)
}
