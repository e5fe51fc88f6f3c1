package grammar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A kind is one of JSON's kinds of values, by JSON Schema's name.
type kind string

const (
	kindObject  kind = "object"
	kindArray   kind = "array"
	kindString  kind = "string"
	kindNumber  kind = "number"
	kindBoolean kind = "boolean"
	kindNull    kind = "null"

	// kindInteger is of schemas only.
	kindInteger kind = "integer"
)

// A value is one of a schema document. Unlike encoding/json's, its objects keep the order
// of their members, in which the answer's properties will come.
type value struct {
	kind    kind
	text    string // of a string; of a number as it was written
	truth   bool
	items   []*value
	members []member
}

type member struct {
	key   string
	value *value
}

// get is a member of an object, or nil.
func (v *value) get(key string) *value {
	for _, m := range v.members {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// maxNesting bounds how deep a schema document nests.
const maxNesting = 200

// parse reads a schema document.
func parse(text []byte) (*value, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := parseValue(d, 0)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("something follows behind its end")
		}
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("the JSON Schema is no JSON: %w", err)
	}
	return v, nil
}

func parseValue(d *json.Decoder, depth int) (*value, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxNesting {
		return nil, fmt.Errorf("it nests deeper than %d levels: make it flatter, with $ref", maxNesting)
	}
	switch t := token.(type) {
	case string:
		return &value{kind: kindString, text: t}, nil
	case json.Number:
		return &value{kind: kindNumber, text: t.String()}, nil
	case bool:
		return &value{kind: kindBoolean, truth: t}, nil
	case json.Delim:
		if t == '{' {
			return parseObject(d, depth)
		}
		return parseArray(d, depth)
	}
	return &value{kind: kindNull}, nil
}

func parseObject(d *json.Decoder, depth int) (*value, error) {
	v := &value{kind: kindObject}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		name := key.(string) // the decoder sees to it
		if seen[name] {
			return nil, fmt.Errorf("an object names %q twice: leave one out", name)
		}
		seen[name] = true
		m, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		v.members = append(v.members, member{name, m})
	}
	_, err := d.Token()
	return v, err
}

func parseArray(d *json.Decoder, depth int) (*value, error) {
	v := &value{kind: kindArray}
	for d.More() {
		item, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		v.items = append(v.items, item)
	}
	_, err := d.Token()
	return v, err
}

// write appends the value as JSON without spaces.
func (v *value) write(out *strings.Builder) {
	switch v.kind {
	case kindObject:
		for i, m := range v.members {
			out.WriteByte("{,"[min(i, 1)])
			out.WriteString(quote(m.key))
			out.WriteByte(':')
			m.value.write(out)
		}
		if len(v.members) == 0 {
			out.WriteByte('{')
		}
		out.WriteByte('}')
	case kindArray:
		for i, item := range v.items {
			out.WriteByte("[,"[min(i, 1)])
			item.write(out)
		}
		if len(v.items) == 0 {
			out.WriteByte('[')
		}
		out.WriteByte(']')
	case kindString:
		out.WriteString(quote(v.text))
	case kindNumber:
		out.WriteString(v.text)
	case kindBoolean:
		fmt.Fprint(out, v.truth)
	default:
		out.WriteString("null")
	}
}
