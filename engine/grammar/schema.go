package grammar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A compiler makes a graph of a schema. Each schema within it is a rule of its own, under
// the pointer that says where it stands, so that a reference is a call.
type compiler struct {
	*builder
	root    *value
	rules   map[string]*rule
	waiting []waiting
}

// A waiting schema has a rule and no graph yet.
type waiting struct {
	at     string
	schema *value
	rule   *rule
}

// refuse says what of a schema is not supported or wrong, where, and what to do.
func refuse(at, format string, args ...any) error {
	return fmt.Errorf("the JSON Schema, at %s: %s", at, fmt.Sprintf(format, args...))
}

// Steps of a pointer write two characters otherwise.
var (
	toStep   = strings.NewReplacer("~", "~0", "/", "~1")
	fromStep = strings.NewReplacer("~1", "/", "~0", "~")
)

// under is the pointer to a part of what a pointer points to.
func under(at string, keys ...string) string {
	for _, key := range keys {
		at += "/" + toStep.Replace(key)
	}
	return at
}

// reference is the rule of the schema that a pointer points to.
func (c *compiler) reference(at string) (*rule, error) {
	if r := c.rules[at]; r != nil {
		return r, nil
	}
	steps := strings.Split(at, "/")
	if steps[0] != "#" {
		return nil, refuse(at, "only references within the schema are supported, such as #/$defs/item: bring what it refers to into the schema")
	}
	v := c.root
	for _, step := range steps[1:] {
		key := fromStep.Replace(step)
		var next *value
		if i, err := strconv.Atoi(key); v.kind == kindArray && err == nil && i >= 0 && i < len(v.items) {
			next = v.items[i]
		} else {
			next = v.get(key)
		}
		if next == nil {
			return nil, refuse(at, "nothing stands there: add it, or correct the reference")
		}
		v = next
	}
	r := &rule{}
	c.rules[at] = r
	c.waiting = append(c.waiting, waiting{at, v, r})
	return r, nil
}

// part is the rule of a schema that stands within another.
func (c *compiler) part(at string, keys ...string) (*rule, error) {
	return c.reference(under(at, keys...))
}

// compileRules makes the graphs that are waiting, and those that these wait for.
func (c *compiler) compileRules() error {
	for len(c.waiting) > 0 {
		w := c.waiting[len(c.waiting)-1]
		c.waiting = c.waiting[:len(c.waiting)-1]
		start, err := c.schema(w.at, w.schema)
		if err != nil {
			return err
		}
		w.rule.start = start
		if len(c.nodes) > maxNodes {
			return errTooLarge
		}
	}
	return nil
}

// keywords says for which kind of value a keyword is; an empty kind is for all.
var keywords = map[string]kind{
	"$ref": "", "allOf": "", "anyOf": "", "oneOf": "", "enum": "", "const": "", "type": "",
	"properties": kindObject, "required": kindObject, "additionalProperties": kindObject,
	"items": kindArray, "prefixItems": kindArray, "minItems": kindArray, "maxItems": kindArray,
	"minLength": kindString, "maxLength": kindString, "pattern": kindString, "format": kindString,
	"minimum": kindNumber, "maximum": kindNumber, "exclusiveMinimum": kindNumber, "exclusiveMaximum": kindNumber,
}

// notes are keywords that ask nothing of a document.
var notes = []string{"$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "example", "examples",
	"deprecated", "readOnly", "writeOnly", "discriminator"}

// schema makes the graph of a schema.
func (c *compiler) schema(at string, s *value) (int32, error) {
	switch {
	case s.kind == kindBoolean && s.truth:
		return c.call(c.anyValue(), end), nil
	case s.kind == kindBoolean:
		return c.either(), nil
	case s.kind != kindObject:
		return 0, refuse(at, "a schema is needed, an object, not %s", s.kind)
	}
	var used []string
	for _, m := range s.members {
		if slices.Contains(notes, m.key) || strings.HasPrefix(m.key, "x-") {
			continue
		}
		if _, ok := keywords[m.key]; !ok {
			return 0, refuse(at, "%q is not supported: leave it out, and check the answer for it yourself", m.key)
		}
		used = append(used, m.key)
	}
	// These say all of a value. Where something else stood beside them, both would hold.
	for _, key := range []string{"$ref", "allOf", "anyOf", "oneOf", "enum", "const"} {
		v := s.get(key)
		if v == nil {
			continue
		}
		for _, other := range used {
			if other != key && !(other == "type" && (key == "enum" || key == "const")) {
				return 0, refuse(at, "%q is not supported beside %q: put all into one of them", other, key)
			}
		}
		return c.whole(at, key, s, v)
	}
	kinds, err := c.kinds(at, s, used)
	if err != nil {
		return 0, err
	}
	var ways []int32
	for _, k := range kinds {
		way, err := c.ofKind(at, k, s)
		if err != nil {
			return 0, err
		}
		ways = append(ways, way)
	}
	return c.either(ways...), nil
}

// whole is the graph of a keyword that says all of a value.
func (c *compiler) whole(at, key string, s, v *value) (int32, error) {
	switch key {
	case "$ref":
		if v.kind != kindString {
			return 0, refuse(under(at, key), "a text is needed, such as \"#/$defs/item\"")
		}
		r, err := c.reference(v.text)
		if err != nil {
			return 0, err
		}
		return c.call(r, end), nil
	case "const":
		return c.values(at, key, s, []*value{v})
	case "enum":
		if v.kind != kindArray || len(v.items) == 0 {
			return 0, refuse(under(at, key), "a list of at least one value is needed")
		}
		return c.values(at, key, s, v.items)
	}
	if v.kind != kindArray || len(v.items) == 0 {
		return 0, refuse(under(at, key), "a list of at least one schema is needed")
	}
	if key == "allOf" && len(v.items) > 1 {
		return 0, refuse(under(at, key), "only one schema is supported, not %d that all hold: put them into one", len(v.items))
	}
	var ways []int32
	for i := range v.items {
		r, err := c.part(at, key, strconv.Itoa(i))
		if err != nil {
			return 0, err
		}
		ways = append(ways, c.call(r, end))
	}
	return c.either(ways...), nil
}

// values is one of some values that are of the schema's type, if it has one.
func (c *compiler) values(at, key string, s *value, list []*value) (int32, error) {
	kinds := []kind{kindObject, kindArray, kindString, kindNumber, kindBoolean, kindNull}
	if s.get("type") != nil {
		var err error
		if kinds, err = c.kinds(at, s, nil); err != nil {
			return 0, err
		}
	}
	var texts []string
	for _, v := range list {
		var text strings.Builder
		v.write(&text)
		integer := v.kind == kindNumber && !strings.ContainsAny(v.text, ".eE")
		if slices.Contains(kinds, v.kind) || integer && slices.Contains(kinds, kindInteger) {
			texts = append(texts, text.String())
		}
	}
	if len(texts) == 0 {
		return 0, refuse(under(at, key), "none of the values is of the schema's type: correct one of both")
	}
	return c.literals(texts, end), nil
}

// kinds are those that the type names, or else those that keywords in use are for, or else
// all.
func (c *compiler) kinds(at string, s *value, used []string) ([]kind, error) {
	v := s.get("type")
	if v == nil {
		var kinds []kind
		for _, key := range used {
			if k := keywords[key]; !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
		if len(kinds) == 0 {
			kinds = []kind{kindObject, kindArray, kindString, kindNumber, kindBoolean, kindNull}
		}
		return kinds, nil
	}
	names := v.items
	if v.kind == kindString {
		names = []*value{v}
	}
	var kinds []kind
	for _, name := range names {
		k := kind(name.text)
		if !slices.Contains([]kind{kindObject, kindArray, kindString, kindNumber, kindInteger, kindBoolean, kindNull}, k) {
			return nil, refuse(under(at, "type"), "the types are object, array, string, number, integer, boolean and null, not %q", name.text)
		}
		if !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	if len(kinds) == 0 {
		return nil, refuse(under(at, "type"), "the name of a type or a list of names is needed")
	}
	return kinds, nil
}

// ofKind is the graph of a schema's values of one kind.
func (c *compiler) ofKind(at string, k kind, s *value) (int32, error) {
	switch k {
	case kindObject:
		return c.ofObject(at, s)
	case kindArray:
		return c.ofArray(at, s)
	case kindString:
		return c.ofString(at, s)
	case kindNumber, kindInteger:
		return c.ofNumber(at, k, s)
	case kindBoolean:
		return c.literals([]string{"true", "false"}, end), nil
	}
	return c.literal("null", end), nil
}
