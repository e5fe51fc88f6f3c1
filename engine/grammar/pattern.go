package grammar

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A pattern is a regular expression of ECMAScript, as JSON Schema has them, without what no
// finite automaton can do, and without what would need tables of Unicode: characters, ".",
// classes, \d \w \s, groups, "|", quantifiers, and ^ and $ at the ends of an alternative.

// An expression goes on by what it matches.
type expression struct {
	graph func(b *builder, to int32) int32
	empty bool // it may match nothing
}

// maxCount bounds quantifiers and lengths.
const maxCount = 1 << 16

// maxGroups bounds how deep groups nest.
const maxGroups = 50

// pattern is a string that a pattern matches.
func (b *builder) pattern(text string, to int32) (int32, error) {
	p := &patternParser{text: text}
	e, err := p.alternatives(true)
	switch {
	case err != nil:
	case p.peek() == ')':
		err = p.wrong("a group ends that has not begun: write \\) for the character")
	case p.at < len(p.text):
		err = p.wrong(lateDollar)
	}
	if err != nil {
		return 0, err
	}
	return b.literal(`"`, e.graph(b, b.literal(`"`, to))), nil
}

const lateDollar = "$ is supported only at the end of the pattern or of one of its alternatives: leave it out here"

type patternParser struct {
	text   string
	at     int
	groups int
}

func (p *patternParser) wrong(format string, args ...any) error {
	return fmt.Errorf("the pattern %.100q, at character %d: %s", p.text, utf8.RuneCountInString(p.text[:p.at])+1, fmt.Sprintf(format, args...))
}

// peek is the next character, or -1 at the end.
func (p *patternParser) peek() rune {
	if p.at == len(p.text) {
		return -1
	}
	c, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return c
}

func (p *patternParser) next() rune {
	c, n := utf8.DecodeRuneInString(p.text[p.at:])
	p.at += n
	return c
}

// take skips a text if it comes next.
func (p *patternParser) take(text string) bool {
	if !strings.HasPrefix(p.text[p.at:], text) {
		return false
	}
	p.at += len(text)
	return true
}

// anything is what stands around a pattern that is not anchored.
var anything = expression{func(b *builder, to int32) int32 {
	return b.loop(func(to int32) int32 { return b.quoted(anyChar, to) }, to)
}, true}

// alternatives are separated by "|". Only those of the whole pattern may be anchored, and
// are surrounded by anything where they are not.
func (p *patternParser) alternatives(whole bool) (expression, error) {
	var ways []expression
	for {
		anchored := whole && p.take("^")
		parts, err := p.sequence()
		if err != nil {
			return expression{}, err
		}
		if whole && !anchored {
			parts = slices.Insert(parts, 0, anything)
		}
		if whole && !p.take("$") {
			parts = append(parts, anything)
		}
		ways = append(ways, inTurn(parts))
		if !p.take("|") {
			break
		}
	}
	if len(ways) == 1 {
		return ways[0], nil
	}
	return expression{func(b *builder, to int32) int32 {
		at := make([]int32, len(ways))
		for i, w := range ways {
			at[i] = w.graph(b, to)
		}
		return b.either(at...)
	}, slices.ContainsFunc(ways, func(e expression) bool { return e.empty })}, nil
}

func inTurn(parts []expression) expression {
	return expression{func(b *builder, to int32) int32 {
		for _, e := range slices.Backward(parts) {
			to = e.graph(b, to)
		}
		return to
	}, !slices.ContainsFunc(parts, func(e expression) bool { return !e.empty })}
}

// sequence is what stands up to "|", ")", "$" or the end.
func (p *patternParser) sequence() ([]expression, error) {
	var parts []expression
	for {
		switch p.peek() {
		case -1, '|', ')', '$':
			return parts, nil
		}
		e, err := p.atom()
		if err == nil {
			e, err = p.quantified(e)
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, e)
	}
}

// atom is a character, a class or a group.
func (p *patternParser) atom() (expression, error) {
	switch c := p.peek(); c {
	case '(':
		p.next()
		return p.group()
	case '[':
		p.next()
		s, err := p.class()
		return oneOf(s), err
	case '.':
		p.next()
		return oneOf(lineEnds.not()), nil
	case '\\':
		p.next()
		s, err := p.escaped(false)
		return oneOf(s), err
	case '^':
		return expression{}, p.wrong("^ is supported only at the beginning of the pattern or of an alternative: leave it out here")
	case '*', '+', '?', '{', '}', ']':
		return expression{}, p.wrong("%q has nothing to repeat or to close: write \\%c for the character", c, c)
	default:
		p.next()
		return oneOf(set{{c, c}}), nil
	}
}

var (
	lineEnds = newSet(span{'\n', '\n'}, span{'\r', '\r'}, span{0x2028, 0x2029})
	digits   = set{{'0', '9'}}
	word     = newSet(span{'0', '9'}, span{'A', 'Z'}, span{'_', '_'}, span{'a', 'z'})
	blank    = newSet(span{'\t', '\r'}, span{' ', ' '}, span{0xA0, 0xA0}, span{0x1680, 0x1680}, span{0x2000, 0x200A},
		span{0x2028, 0x2029}, span{0x202F, 0x202F}, span{0x205F, 0x205F}, span{0x3000, 0x3000}, span{0xFEFF, 0xFEFF})
)

func oneOf(s set) expression {
	return expression{func(b *builder, to int32) int32 { return b.quoted(s, to) }, false}
}

// group is what stands behind "(".
func (p *patternParser) group() (expression, error) {
	if !p.take("?:") && p.peek() == '?' {
		return expression{}, p.wrong("of groups only (…) and (?:…) are supported: write it without looking ahead or behind, and without names")
	}
	if p.groups++; p.groups > maxGroups {
		return expression{}, p.wrong("groups nest too deeply: make it simpler")
	}
	e, err := p.alternatives(false)
	p.groups--
	if err != nil {
		return expression{}, err
	}
	if p.peek() == '$' {
		return expression{}, p.wrong(lateDollar)
	}
	if !p.take(")") {
		return expression{}, p.wrong("a group is not closed: add )")
	}
	return e, nil
}

// class is what stands behind "[".
func (p *patternParser) class() (set, error) {
	not := p.take("^")
	var spans []span
	for !p.take("]") {
		lo, err := p.classAtom()
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(p.text[p.at:], "-") && !strings.HasPrefix(p.text[p.at:], "-]") {
			p.next()
			hi, err := p.classAtom()
			if err != nil {
				return nil, err
			}
			if !single(lo) || !single(hi) || lo[0].lo > hi[0].lo {
				return nil, p.wrong("a range in a class goes from one character to a later one: write \\- for the character")
			}
			lo = set{{lo[0].lo, hi[0].lo}}
		}
		spans = append(spans, lo...)
	}
	s := newSet(spans...).and(anyChar)
	if not {
		s = s.not()
	}
	return s, nil
}

func single(s set) bool { return len(s) == 1 && s[0].lo == s[0].hi }

func (p *patternParser) classAtom() (set, error) {
	switch c := p.peek(); c {
	case -1:
		return nil, p.wrong("a class is not closed: add ]")
	case '\\':
		p.next()
		return p.escaped(true)
	default:
		p.next()
		return set{{c, c}}, nil
	}
}

// escaped is what stands behind a backslash.
func (p *patternParser) escaped(inClass bool) (set, error) {
	c := p.peek()
	if c == -1 {
		return nil, p.wrong("it ends in a backslash: write \\\\ for the character")
	}
	p.next()
	switch c {
	case 'd':
		return digits, nil
	case 'D':
		return digits.not(), nil
	case 'w':
		return word, nil
	case 'W':
		return word.not(), nil
	case 's':
		return blank, nil
	case 'S':
		return blank.not(), nil
	case 'n':
		return set{{'\n', '\n'}}, nil
	case 'r':
		return set{{'\r', '\r'}}, nil
	case 't':
		return set{{'\t', '\t'}}, nil
	case 'f':
		return set{{'\f', '\f'}}, nil
	case 'v':
		return set{{'\v', '\v'}}, nil
	case 'x':
		return p.code(2)
	case 'u':
		return p.code(4)
	case 'b':
		if inClass {
			return set{{'\b', '\b'}}, nil
		}
	}
	if word.has(c) {
		p.at--
		return nil, p.wrong("\\%c is not supported: write the characters themselves", c)
	}
	return set{{c, c}}, nil
}

// code is a character by its number, of so many hexadecimal digits.
func (p *patternParser) code(n int) (set, error) {
	var code rune
	for range n {
		d := strings.IndexRune("0123456789abcdef", p.peek()|0x20)
		if d < 0 {
			return nil, p.wrong("%d hexadecimal digits are needed", n)
		}
		code = code<<4 | rune(d)
		p.next()
	}
	if !anyChar.has(code) {
		return nil, p.wrong("half of a character cannot be matched: write the character itself")
	}
	return set{{code, code}}, nil
}

// quantified is an expression with the quantifier that comes behind it.
func (p *patternParser) quantified(e expression) (expression, error) {
	lo, hi := 1, 1
	switch p.peek() {
	case '*':
		lo, hi = 0, -1
	case '+':
		hi = -1
	case '?':
		lo = 0
	case '{':
		return p.counted(e)
	default:
		return e, nil
	}
	p.next()
	return p.repeated(e, lo, hi)
}

// counted is an expression with {n}, {n,} or {n,m} behind it.
func (p *patternParser) counted(e expression) (expression, error) {
	wrong := p.wrong("a quantifier is {n}, {n,} or {n,m}, at most %d: write \\{ for the character", maxCount)
	p.next()
	lo, ok := p.count()
	hi := lo
	if ok && p.take(",") {
		hi = -1
		if p.peek() != '}' {
			hi, ok = p.count()
		}
	}
	if !ok || hi >= 0 && hi < lo || !p.take("}") {
		return e, wrong
	}
	return p.repeated(e, lo, hi)
}

func (p *patternParser) count() (n int, ok bool) {
	for digits.has(p.peek()) && n <= maxCount {
		n = 10*n + int(p.next()-'0')
		ok = true
	}
	return n, ok && n <= maxCount
}

// repeated is an expression lo to hi times. A "?" behind the quantifier asks for the fewest,
// which matches the same texts.
func (p *patternParser) repeated(e expression, lo, hi int) (expression, error) {
	p.take("?")
	if e.empty && (lo > 1 || hi > 1) {
		return e, p.wrong("what may be empty cannot be counted: count what is in it")
	}
	return expression{func(b *builder, to int32) int32 {
		body := func(to int32) int32 { return e.graph(b, to) }
		if lo == 1 && hi < 0 {
			at := b.add(node{})
			first := body(at)
			b.nodes[at].to = []int32{first, to}
			return first
		}
		return b.repeat(body, lo, hi, to)
	}, e.empty || lo == 0}, nil
}
