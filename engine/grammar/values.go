package grammar

// The parts of a document, as a builder makes them.

// document is the whole answer: a space may come first, as a tokenizer puts one in front of
// a text, and nothing follows.
func (b *builder) document(root int32) int32 {
	return b.either(root, b.bytes(' ', ' ', root))
}

// maxIndent is the longest indentation behind a line break.
const maxIndent = 16

// gap goes on by what may stand between two parts.
func (b *builder) gap(to int32) int32 {
	space := func(to int32) int32 { return b.bytes(' ', ' ', to) }
	return b.either(to, space(to), b.bytes('\n', '\n', b.repeat(space, 0, maxIndent, to)))
}

// shared makes a rule the first time that it is needed. It is known before its graph is, for
// rules that need themselves.
func (b *builder) shared(r **rule, graph func() int32) *rule {
	if *r == nil {
		*r = &rule{}
		(*r).start = graph()
	}
	return *r
}

// anyValue is the rule of any value.
func (b *builder) anyValue() *rule {
	return b.shared(&b.value, func() int32 {
		return b.either(b.call(b.anyObject(), end), b.call(b.anyArray(), end), b.call(b.anyString(), end), b.call(b.anyNumber(), end),
			b.literals([]string{"true", "false", "null"}, end))
	})
}

func (b *builder) anyObject() *rule {
	return b.shared(&b.object, func() int32 { return b.members(nil, b.anyValue(), end) })
}

func (b *builder) anyArray() *rule {
	return b.shared(&b.array, func() int32 { return b.elements(nil, b.anyValue(), 0, -1, end) })
}

func (b *builder) anyString() *rule {
	return b.shared(&b.text, func() int32 {
		return b.literal(`"`, b.loop(b.char, b.literal(`"`, end)))
	})
}

// textOf is a string of min to max characters.
func (b *builder) textOf(min, max int, to int32) int32 {
	char := func(to int32) int32 {
		return b.call(b.shared(&b.escaped, func() int32 { return b.char(end) }), to)
	}
	return b.literal(`"`, b.repeat(char, min, max, b.literal(`"`, to)))
}

// char is one character of a string, in any of the ways in which JSON writes it.
func (b *builder) char(to int32) int32 {
	hex := func(to int32) int32 {
		return b.add(node{bytes: []byteEdge{{'0', '9', to}, {'A', 'F', to}, {'a', 'f', to}}})
	}
	two := hex(hex(to))
	three := hex(two)
	// A character outside the first 65,536 is two escapes, of which neither stands alone: D800
	// to DBFF, and then DC00 to DFFF.
	low := b.add(node{bytes: []byteEdge{{'C', 'F', two}, {'c', 'f', two}}})
	low = b.literal(`\u`, b.add(node{bytes: []byteEdge{{'D', 'D', low}, {'d', 'd', low}}}))
	high := hex(hex(low))
	afterD := b.add(node{bytes: []byteEdge{{'0', '7', two}, {'8', '9', high}, {'A', 'B', high}, {'a', 'b', high}}})
	code := b.add(node{bytes: []byteEdge{{'0', '9', three}, {'A', 'C', three}, {'a', 'c', three}, {'E', 'F', three}, {'e', 'f', three},
		{'D', 'D', afterD}, {'d', 'd', afterD}}})
	escaped := node{bytes: []byteEdge{{'u', 'u', code}}}
	for _, c := range []byte(`"\/bfnrt`) {
		escaped.bytes = append(escaped.bytes, byteEdge{c, c, to})
	}
	at := b.add(node{bytes: []byteEdge{{'\\', '\\', b.add(escaped)}}})
	b.utf8(at, plain, to)
	return at
}

// A property is of an object whose properties are named.
type property struct {
	name     string
	value    *rule
	required bool
}

// members is an object: its properties in their order, and behind them any others of the
// rule other, which may be nil.
func (b *builder) members(properties []property, other *rule, to int32) int32 {
	value := func(key string, r *rule, to int32) int32 {
		return b.literal(key, b.colon(b.call(r, to)))
	}
	closing := b.gap(b.literal("}", to))
	// After a member comes a comma and one of the members behind it, or the end.
	behind := b.add(node{})
	member := b.either()
	if other != nil {
		member = b.otherKey(properties, b.colon(b.call(other, behind)))
	}
	b.nodes[behind].to = []int32{b.literal(",", b.gap(member)), closing}
	complete := true
	for i := len(properties) - 1; i >= 0; i-- {
		p := properties[i]
		this := value(quote(p.name), p.value, behind)
		if p.required {
			member, complete = this, false
		} else {
			member = b.either(this, member)
		}
		behind = b.literal(",", b.gap(member))
		if complete {
			behind = b.either(behind, closing)
		}
	}
	inside := b.gap(member)
	if complete {
		inside = b.either(inside, closing)
	}
	return b.literal("{", inside)
}

// colon stands between a key and its value.
func (b *builder) colon(to int32) int32 {
	return b.literal(":", b.either(to, b.bytes(' ', ' ', to)))
}

// otherKey is a key that is none of the properties'. Where there are some, it has no
// escapes: these could spell their names.
func (b *builder) otherKey(properties []property, to int32) int32 {
	if len(properties) == 0 {
		return b.call(b.anyString(), to)
	}
	names := make([][]rune, len(properties))
	for i, p := range properties {
		names[i] = []rune(p.name)
	}
	closing := b.literal(`"`, to)
	free := b.add(node{to: []int32{closing}})
	b.utf8(free, plain, free)
	return b.literal(`"`, b.unlike(names, free, closing))
}

// unlike goes on by a text that is none of the names: to free as soon as it differs from
// all, or to closing where it ends before.
func (b *builder) unlike(names [][]rune, free, closing int32) int32 {
	next := map[rune][][]rune{}
	at := b.add(node{to: []int32{closing}})
	others := plain
	for _, name := range names {
		if len(name) == 0 {
			b.nodes[at].to = nil
			continue
		}
		next[name[0]] = append(next[name[0]], name[1:])
		others = others.and(set{{name[0], name[0]}}.not())
	}
	b.utf8(at, others, free)
	for c, rest := range next {
		if plain.has(c) {
			b.utf8(at, set{{c, c}}, b.unlike(rest, free, closing))
		}
	}
	return at
}

// elements is an array: first those of the prefix, each of its own rule, then others of the
// rule item, which may be nil; from least to most in all, without bound if most is negative.
func (b *builder) elements(prefix []*rule, item *rule, least, most int, to int32) int32 {
	if most >= 0 && most < len(prefix) {
		prefix, item = prefix[:most], nil
	}
	closing := b.gap(b.literal("]", to))
	next := func(r *rule) func(to int32) int32 {
		return func(to int32) int32 { return b.literal(",", b.gap(b.call(r, to))) }
	}
	first, have := item, 1 // the first element has no comma
	if len(prefix) > 0 {
		first, have = prefix[0], len(prefix)
	}
	if first == nil || most == 0 {
		if least > 0 {
			return b.either()
		}
		return b.literal("[", closing)
	}
	behind := closing
	switch {
	case item != nil && most < 0:
		behind = b.repeat(next(item), max(0, least-have), -1, closing)
	case item != nil:
		behind = b.repeat(next(item), max(0, least-have), most-have, closing)
	case least > have:
		behind = b.either()
	}
	for i := len(prefix) - 1; i > 0; i-- {
		behind = next(prefix[i])(behind)
		if i >= least {
			behind = b.either(behind, closing)
		}
	}
	inside := b.gap(b.call(first, behind))
	if least == 0 {
		inside = b.either(inside, closing)
	}
	return b.literal("[", inside)
}
