package grammar

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ofObject is an object. Unlike in JSON Schema, one whose properties are named has no others
// unless additionalProperties says so.
func (c *compiler) ofObject(at string, s *value) (int32, error) {
	var properties []property
	named := s.get("properties")
	if named != nil {
		if named.kind != kindObject {
			return 0, refuse(under(at, "properties"), "an object of schemas is needed")
		}
		for _, m := range named.members {
			r, err := c.part(at, "properties", m.key)
			if err != nil {
				return 0, err
			}
			properties = append(properties, property{name: m.key, value: r})
		}
	}
	var other *rule
	switch others := s.get("additionalProperties"); {
	case others == nil && named != nil, others != nil && others.kind == kindBoolean && !others.truth:
	case others == nil:
		other = c.anyValue()
	default:
		var err error
		if other, err = c.part(at, "additionalProperties"); err != nil {
			return 0, err
		}
	}
	required := s.get("required")
	if required == nil {
		return c.members(properties, other, end), nil
	}
	if required.kind != kindArray {
		return 0, refuse(under(at, "required"), "a list of names is needed")
	}
	for _, name := range required.items {
		i := slices.IndexFunc(properties, func(p property) bool { return p.name == name.text })
		switch {
		case name.kind != kindString:
			return 0, refuse(under(at, "required"), "a list of names is needed")
		case i >= 0:
			properties[i].required = true
		case other == nil:
			return 0, refuse(under(at, "required"), "%q is not among the properties: add it there, or leave it out here", name.text)
		default:
			properties = append(properties, property{name.text, other, true})
		}
	}
	return c.members(properties, other, end), nil
}

// ofArray is an array.
func (c *compiler) ofArray(at string, s *value) (int32, error) {
	least, most, err := counts(at, s, "minItems", "maxItems")
	if err != nil {
		return 0, err
	}
	var prefix []*rule
	if list := s.get("prefixItems"); list != nil {
		if list.kind != kindArray {
			return 0, refuse(under(at, "prefixItems"), "a list of schemas is needed")
		}
		for i := range list.items {
			r, err := c.part(at, "prefixItems", strconv.Itoa(i))
			if err != nil {
				return 0, err
			}
			prefix = append(prefix, r)
		}
	}
	item := c.anyValue()
	switch items := s.get("items"); {
	case items == nil:
	case items.kind == kindArray:
		return 0, refuse(under(at, "items"), "a list of schemas is called prefixItems now: rename it")
	case items.kind == kindBoolean && !items.truth:
		item = nil
	default:
		if item, err = c.part(at, "items"); err != nil {
			return 0, err
		}
	}
	if item == nil && least > len(prefix) {
		return 0, refuse(under(at, "minItems"), "%d items are asked for, and there may be at most %d: correct one of both", least, len(prefix))
	}
	return c.elements(prefix, item, least, most, end), nil
}

// counts reads a least and a most number of things; most is negative if there is none.
func counts(at string, s *value, leastKey, mostKey string) (least, most int, err error) {
	most = -1
	for key, n := range map[string]*int{leastKey: &least, mostKey: &most} {
		v := s.get(key)
		if v == nil {
			continue
		}
		number, err := strconv.Atoi(v.text)
		if v.kind != kindNumber || err != nil || number < 0 || number > maxCount {
			return 0, 0, refuse(under(at, key), "a whole number from 0 to %d is needed", maxCount)
		}
		*n = number
	}
	if most >= 0 && least > most {
		return 0, 0, refuse(under(at, leastKey), "it is above %s: correct one of both", mostKey)
	}
	return least, most, nil
}

// formats are patterns for the formats of strings that are supported.
var formats = map[string]string{
	"date":      `^(` + date + `)$`,
	"time":      `^` + clock + `$`,
	"date-time": `^(` + date + `)T` + clock + `$`,
	"duration":  `^P(\d{1,4}W|(\d{1,4}Y(\d{1,4}M(\d{1,4}D)?)?|\d{1,4}M(\d{1,4}D)?|\d{1,4}D)(T` + period + `)?|T` + period + `)$`,
	"email":     `^[A-Za-z0-9_+-]{1,20}(\.[A-Za-z0-9_+-]{1,20}){0,2}@` + label + `(\.` + label + `){1,4}$`,
	"hostname":  `^` + label + `(\.` + label + `){0,4}$`,
	"ipv4":      `^` + octet + `(\.` + octet + `){3}$`,
	"uuid":      `^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`,
}

// Parts of formats.
const (
	leap   = `(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)`
	date   = `\d{4}-(0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|\d{4}-(0[469]|11)-(0[1-9]|[12]\d|30)|\d{4}-02-(0[1-9]|1\d|2[0-8])|` + leap + `-02-29`
	clock  = `([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)`
	period = `(\d{1,4}H(\d{1,4}M(\d{1,4}S)?)?|\d{1,4}M(\d{1,4}S)?|\d{1,4}S)`
	label  = `[A-Za-z0-9]([A-Za-z0-9-]{0,20}[A-Za-z0-9])?`
	octet  = `(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
)

// ofString is a string.
func (c *compiler) ofString(at string, s *value) (int32, error) {
	least, most, err := counts(at, s, "minLength", "maxLength")
	if err != nil {
		return 0, err
	}
	var given []string // of these, only one is followed
	if least > 0 || most >= 0 {
		given = append(given, "minLength and maxLength")
	}
	for _, key := range []string{"pattern", "format"} {
		if v := s.get(key); v != nil {
			if v.kind != kindString {
				return 0, refuse(under(at, key), "a text is needed")
			}
			given = append(given, key)
		}
	}
	if len(given) > 1 {
		return 0, refuse(at, "%s are not supported together: put all into the pattern", strings.Join(given, " and "))
	}
	switch pattern, format := s.get("pattern"), s.get("format"); {
	case pattern != nil:
		start, err := c.pattern(pattern.text, end)
		if err != nil {
			return 0, refuse(under(at, "pattern"), "%v", err)
		}
		return start, nil
	case format != nil:
		text, ok := formats[format.text]
		if !ok {
			return 0, refuse(under(at, "format"), "%q is not supported, only %s: leave it out, or describe it by a pattern",
				format.text, strings.Join(slices.Sorted(maps.Keys(formats)), ", "))
		}
		r := c.rules[format.text] // under no pointer's name
		if r == nil {
			r = &rule{}
			c.rules[format.text] = r
			if r.start, err = c.pattern(text, end); err != nil {
				return 0, err
			}
		}
		return c.call(r, end), nil
	case len(given) > 0:
		return c.textOf(least, most, end), nil
	}
	return c.call(c.anyString(), end), nil
}

// ofNumber is a number or an integer.
func (c *compiler) ofNumber(at string, k kind, s *value) (int32, error) {
	r, bounded := bounds{-largest, largest}, false
	for _, key := range []string{"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"} {
		v := s.get(key)
		if v == nil {
			continue
		}
		bounded = true
		n, err := strconv.ParseFloat(v.text, 64)
		if v.kind != kindNumber || err != nil || math.Abs(n) >= 1e15 {
			return 0, refuse(under(at, key), "a number between -1e15 and 1e15 is needed: leave it out where there is no bound")
		}
		whole := n == math.Trunc(n)
		if exclusive := strings.HasPrefix(key, "exclusive"); k == kindNumber && (exclusive || !whole) {
			return 0, refuse(under(at, key), "of numbers that are no integers only minimum and maximum are supported, and these as whole numbers: widen it to one, or leave it out")
		}
		switch key {
		case "minimum":
			r.lo = max(r.lo, int64(math.Ceil(n)))
		case "exclusiveMinimum":
			r.lo = max(r.lo, int64(math.Floor(n))+1)
		case "maximum":
			r.hi = min(r.hi, int64(math.Floor(n)))
		case "exclusiveMaximum":
			r.hi = min(r.hi, int64(math.Ceil(n))-1)
		}
	}
	switch {
	case r.lo > r.hi:
		return 0, refuse(at, "no number is within the bounds: widen them")
	case bounded && k == kindInteger:
		return c.integerIn(r, end), nil
	case bounded:
		return c.numberIn(r, end), nil
	case k == kindInteger:
		return c.anyInteger(end), nil
	}
	return c.call(c.anyNumber(), end), nil
}
