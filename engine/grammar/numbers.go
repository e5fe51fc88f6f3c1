package grammar

import (
	"strconv"
	"strings"
)

// Digits of a number: before the point, behind it, and of the exponent.
const (
	maxDigits   = 18 // as an int64 holds
	maxFraction = 20
	maxExponent = 2
)

// largest is the largest number of maxDigits digits.
const largest = 999_999_999_999_999_999

func (b *builder) digit(to int32) int32 { return b.bytes('0', '9', to) }

// sign is a minus that may be there.
func (b *builder) sign(to int32) int32 { return b.either(to, b.literal("-", to)) }

// anyInteger is an integer.
func (b *builder) anyInteger(to int32) int32 {
	return b.sign(b.either(b.literal("0", to), b.bytes('1', '9', b.repeat(b.digit, 0, maxDigits-1, to))))
}

// anyNumber is the rule of any number.
func (b *builder) anyNumber() *rule {
	return b.shared(&b.number, func() int32 {
		digits := b.repeat(b.digit, 1, maxExponent, end)
		mark := b.add(node{bytes: []byteEdge{{'E', 'E', 0}, {'e', 'e', 0}}})
		signed := b.add(node{to: []int32{digits}, bytes: []byteEdge{{'+', '+', digits}, {'-', '-', digits}}})
		for i := range b.nodes[mark].bytes {
			b.nodes[mark].bytes[i].to = signed
		}
		return b.anyInteger(b.fraction(b.digit, b.either(mark, end)))
	})
}

// fraction is a point and digits behind it, which may be left out.
func (b *builder) fraction(digit func(to int32) int32, to int32) int32 {
	return b.either(to, b.literal(".", b.repeat(digit, 1, maxFraction, to)))
}

// A bounds is an inclusive range of numbers, within ±largest.
type bounds struct{ lo, hi int64 }

// integerIn is an integer of a range.
func (b *builder) integerIn(r bounds, to int32) int32 {
	return b.eachSign(r, func(lo, hi int64) int32 { return b.digitsIn(lo, hi, to) })
}

// numberIn is a number of a range, without an exponent.
func (b *builder) numberIn(r bounds, to int32) int32 {
	zero := func(to int32) int32 { return b.literal("0", to) }
	return b.eachSign(r, func(lo, hi int64) int32 {
		at := b.digitsIn(hi, hi, b.fraction(zero, to))
		if lo < hi {
			at = b.either(at, b.digitsIn(lo, hi-1, b.fraction(b.digit, to)))
		}
		return at
	})
}

// eachSign makes the parts of a range without a minus and with one from the range of their
// amounts.
func (b *builder) eachSign(r bounds, amount func(lo, hi int64) int32) int32 {
	var ways []int32
	if r.hi >= 0 {
		ways = append(ways, amount(max(r.lo, 0), r.hi))
	}
	if r.lo < 0 {
		ways = append(ways, b.literal("-", amount(max(-r.hi, 0), -r.lo)))
	}
	return b.either(ways...)
}

// digitsIn is a number from lo to hi, neither negative, in decimal digits: of each number of
// digits those that are in the range.
func (b *builder) digitsIn(lo, hi int64, to int32) int32 {
	var ways []int32
	for least := int64(0); least <= hi; {
		most := int64(9)
		if least > 0 {
			most = 10*least - 1
		}
		if from, upto := max(lo, least), min(hi, most); from <= upto {
			ways = append(ways, b.digitsBetween(strconv.FormatInt(from, 10), strconv.FormatInt(upto, 10), to))
		}
		least = most + 1
	}
	return b.either(ways...)
}

// digitsBetween is one of the numbers from lo to hi, which have as many digits.
func (b *builder) digitsBetween(lo, hi string, to int32) int32 {
	if lo == "" {
		return to
	}
	least, most := strings.Repeat("0", len(lo)-1), strings.Repeat("9", len(lo)-1)
	at := b.add(node{})
	edge := func(first, last byte, lo, hi string) {
		rest := b.repeat(b.digit, len(lo), len(lo), to)
		if lo != least || hi != most {
			rest = b.digitsBetween(lo, hi, to)
		}
		b.nodes[at].bytes = append(b.nodes[at].bytes, byteEdge{first, last, rest})
	}
	first, last := lo[0], hi[0]
	if first == last {
		edge(first, first, lo[1:], hi[1:])
		return at
	}
	if lo[1:] != least {
		edge(first, first, lo[1:], most)
		first++
	}
	if hi[1:] != most {
		edge(last, last, least, hi[1:])
		last--
	}
	if first <= last {
		edge(first, last, least, most)
	}
	return at
}
