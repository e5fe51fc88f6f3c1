package grammar

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// A described value is random, with a random schema that describes it. Members keep the
// order of the schema.
type described struct {
	schema string
	write  func(style style) string
}

// A style says how a document is spaced.
type style struct {
	comma, colon string
	indent       int // of a level; 0: no line breaks
	level        int
}

var styles = []style{{",", ":", 0, 0}, {", ", ": ", 0, 0}, {",", ": ", 2, 0}, {",", ":", 4, 0}, {", ", ":", 0, 0}}

// open and close are what stands inside the brackets of a level.
func (s style) open() string {
	if s.indent == 0 {
		return ""
	}
	return "\n" + strings.Repeat(" ", min(maxIndent, s.indent*(s.level+1)))
}

func (s style) close() string {
	if s.indent == 0 {
		return ""
	}
	return "\n" + strings.Repeat(" ", min(maxIndent, s.indent*s.level))
}

func (s style) between() string { return s.comma + s.open() }

func (s style) inner() style {
	s.level++
	return s
}

func plainly(text string) func(style) string { return func(style) string { return text } }

func quoted(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	// encoding/json escapes these two, which JSON does not ask for.
	return strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(strings.TrimSpace(b.String()))
}

var characters = []rune("abcXYZ 019_-\"\\/\n\té€😀\u0001\u2028{}[],:")

func randomText(r *rand.Rand, n int) string {
	var text []rune
	for range n {
		text = append(text, characters[r.IntN(len(characters))])
	}
	return string(text)
}

// randomValue makes a value and its schema.
func randomValue(r *rand.Rand, depth int) described {
	if depth == 0 || r.IntN(3) == 0 {
		return randomScalar(r)
	}
	switch r.IntN(4) {
	case 0:
		return randomArray(r, depth)
	case 1:
		d := randomValue(r, depth-1)
		// The other alternative is of a kind of its own, so that oneOf holds too.
		key := []string{"anyOf", "oneOf"}[r.IntN(2)]
		d.schema = fmt.Sprintf(`{%q:[{"const":"only here"},%s]}`, key, d.schema)
		return d
	}
	return randomObject(r, depth)
}

func randomObject(r *rand.Rand, depth int) described {
	type part struct {
		key string
		described
	}
	var properties, required []string
	var there []part
	for i := range r.IntN(5) {
		p := part{randomText(r, r.IntN(4)) + strconv.Itoa(i), randomValue(r, depth-1)}
		properties = append(properties, quoted(p.key)+":"+p.schema)
		must := r.IntN(2) == 0
		if must {
			required = append(required, quoted(p.key))
		}
		if must || r.IntN(2) == 0 {
			there = append(there, p)
		}
	}
	others := "false"
	if r.IntN(3) == 0 {
		others = `{"type":"boolean"}`
		for i := range r.IntN(3) {
			there = append(there, part{"other" + strconv.Itoa(i), described{write: plainly("true")}})
		}
	}
	schema := fmt.Sprintf(`{"type":"object","properties":{%s},"required":[%s],"additionalProperties":%s}`,
		strings.Join(properties, ","), strings.Join(required, ","), others)
	return described{schema, func(s style) string {
		var parts []string
		for _, p := range there {
			parts = append(parts, quoted(p.key)+s.colon+p.write(s.inner()))
		}
		if parts == nil {
			return "{}"
		}
		return "{" + s.open() + strings.Join(parts, s.between()) + s.close() + "}"
	}}
}

func randomArray(r *rand.Rand, depth int) described {
	item := randomValue(r, depth-1)
	n := r.IntN(4)
	schema := fmt.Sprintf(`{"type":"array","items":%s,"minItems":%d,"maxItems":%d}`, item.schema, max(0, n-r.IntN(2)), n+r.IntN(2))
	if r.IntN(3) == 0 {
		schema = fmt.Sprintf(`{"type":["null","array"],"prefixItems":[%s],"items":%s}`, item.schema, item.schema)
	}
	return described{schema, func(s style) string {
		var parts []string
		for range n {
			parts = append(parts, item.write(s.inner()))
		}
		if parts == nil {
			return "[]"
		}
		return "[" + s.open() + strings.Join(parts, s.between()) + s.close() + "]"
	}}
}

func randomScalar(r *rand.Rand) described {
	n := r.Int64N(2000) - 1000
	text := randomText(r, r.IntN(8))
	length := len([]rune(text))
	switch r.IntN(10) {
	case 0:
		return described{`{"type":"null"}`, plainly("null")}
	case 1:
		return described{`{"type":"boolean"}`, plainly("true")}
	case 2:
		return described{fmt.Sprintf(`{"type":"integer","minimum":%d,"maximum":%d}`, n-r.Int64N(300), n+r.Int64N(300)), plainly(strconv.FormatInt(n, 10))}
	case 3:
		return described{fmt.Sprintf(`{"type":"number","minimum":%d,"maximum":%d}`, n-r.Int64N(30), n+1), plainly(fmt.Sprintf("%.3f", float64(n)+0.25))}
	case 4:
		return described{`{"type":"number"}`, plainly(strconv.FormatFloat(r.NormFloat64()*1e6, "eg"[r.IntN(2)], r.IntN(10), 64))}
	case 5:
		return described{fmt.Sprintf(`{"type":"string","minLength":%d,"maxLength":%d}`, max(0, length-r.IntN(3)), length+r.IntN(3)), plainly(quoted(text))}
	case 6:
		return described{fmt.Sprintf(`{"enum":[%s,7,"x"]}`, quoted(text)), plainly(quoted(text))}
	case 7:
		return described{`{"type":"string","pattern":"^[a-z]{2,5}( [A-Z]\\d+)*$"}`, plainly(`"abc X12 Y3"`)}
	case 8:
		f := []string{"date", "2024-02-29", "time", "23:59:00Z", "date-time", "1999-12-31T00:00:00.5-01:00", "uuid", "123e4567-e89b-12d3-a456-426614174000",
			"email", "ada.lovelace@example.org", "ipv4", "10.0.0.255", "duration", "P1Y2M3DT4H", "hostname", "www.example.org"}
		i := 2 * r.IntN(len(f)/2)
		return described{fmt.Sprintf(`{"type":"string","format":%q}`, f[i]), plainly(quoted(f[i+1]))}
	}
	return described{`{"type":"string"}`, plainly(quoted(text))}
}
