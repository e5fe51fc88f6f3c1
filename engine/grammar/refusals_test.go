package grammar

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// What cannot be held to is refused in one line, which says where and what to do.
func TestRefusals(t *testing.T) {
	for _, c := range []struct{ schema, want string }{
		{``, "is no JSON"},
		{`{"type":"string"`, "is no JSON: unexpected EOF"},
		{`{} {}`, "something follows"},
		{`{"type":"string","type":"null"}`, `names "type" twice`},
		{`[]`, "at #: a schema is needed, an object, not array"},
		{`{"type":"text"}`, `at #/type: the types are object,`},
		{`{"type":[]}`, "at #/type: the name of a type"},
		{`{"type":"number","multipleOf":2}`, `at #: "multipleOf" is not supported: leave it out`},
		{`{"type":"object","properties":{"a/b":{"type":"string","nullable":true}}}`, `at #/properties/a~1b: "nullable" is not supported`},
		{`{"type":"array","items":{"not":{}}}`, `at #/items: "not" is not supported`},
		{`{"type":"object","properties":{"a":{}},"anyOf":[{}]}`, `at #: "type" is not supported beside "anyOf"`},
		{`{"enum":["a"],"minLength":2}`, `at #: "minLength" is not supported beside "enum"`},
		{`{"enum":[]}`, "at #/enum: a list of at least one value"},
		{`{"enum":["a"],"type":"null"}`, "at #/enum: none of the values"},
		{`{"anyOf":{}}`, "at #/anyOf: a list of at least one schema"},
		{`{"allOf":[{},{}]}`, "at #/allOf: only one schema is supported, not 2"},
		{`{"$ref":"#/$defs/x"}`, "at #/$defs/x: nothing stands there"},
		{`{"$ref":"other.json"}`, "at other.json: only references within the schema"},
		{`{"$ref":1}`, "at #/$ref: a text is needed"},
		{`{"$ref":"#"}`, "no document satisfies"},
		{`{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}`, "no document satisfies"},
		{`{"type":"object","properties":{"a":false},"required":["a"]}`, "no document satisfies"},
		{`false`, "no document satisfies"},
		{`{"properties":[]}`, "at #/properties: an object of schemas"},
		{`{"type":"object","properties":{},"required":["a"],"additionalProperties":false}`, `at #/required: "a" is not among the properties`},
		{`{"type":"object","required":"a"}`, "at #/required: a list of names"},
		{`{"type":"object","properties":{"a":[]}}`, "at #/properties/a: a schema is needed"},
		{`{"type":"array","items":[{}]}`, "at #/items: a list of schemas is called prefixItems"},
		{`{"type":"array","minItems":-1}`, "at #/minItems: a whole number from 0"},
		{`{"type":"array","minItems":3,"maxItems":2}`, "at #/minItems: it is above maxItems"},
		{`{"type":"array","items":false,"minItems":1}`, "at #/minItems: 1 items are asked for, and there may be at most 0"},
		{`{"type":"array","uniqueItems":true}`, `"uniqueItems" is not supported`},
		{`{"type":"string","maxLength":1e9}`, "at #/maxLength: a whole number"},
		{`{"type":"string","pattern":"a","maxLength":3}`, "at #: minLength and maxLength and pattern are not supported together"},
		{`{"type":"string","format":"uri"}`, `at #/format: "uri" is not supported, only date, date-time,`},
		{`{"type":"number","minimum":0.5}`, "at #/minimum: of numbers that are no integers only"},
		{`{"type":"number","exclusiveMinimum":0}`, "at #/exclusiveMinimum: of numbers"},
		{`{"type":"integer","minimum":2,"maximum":1}`, "at #: no number is within the bounds"},
		{`{"type":"integer","minimum":0.2,"maximum":0.8}`, "no number is within the bounds"},
		{`{"type":"integer","minimum":true}`, "at #/minimum: a number between"},
		{`{"type":"integer","maximum":1e300}`, "at #/maximum: a number between"},
		{`{"pattern":"a(b"}`, `at #/pattern: the pattern "a(b", at character 4: a group is not closed`},
		{`{"pattern":"a)"}`, "at character 2: a group ends that has not begun"},
		{`{"pattern":"[a"}`, "a class is not closed"},
		{`{"pattern":"[b-a]"}`, "a range in a class"},
		{`{"pattern":"a**"}`, "nothing to repeat"},
		{`{"pattern":"a{3,2}"}`, "a quantifier is"},
		{`{"pattern":"a{100000}"}`, "a quantifier is"},
		{`{"pattern":"(a*){3}"}`, "what may be empty cannot be counted"},
		{`{"pattern":"(?=a)"}`, "without looking ahead"},
		{`{"pattern":"(a)\\1"}`, `at character 5: \1 is not supported`},
		{`{"pattern":"\\bx"}`, `\b is not supported`},
		{`{"pattern":"\\p{L}"}`, `\p is not supported`},
		{`{"pattern":"a^b"}`, "^ is supported only at the beginning"},
		{`{"pattern":"a$b"}`, "$ is supported only at the end"},
		{`{"pattern":"(a$|b)"}`, "$ is supported only at the end"},
		{`{"pattern":"\\ud800"}`, "half of a character"},
		{`{"pattern":"\\x4"}`, "2 hexadecimal digits"},
		{`{"pattern":"a\\"}`, "it ends in a backslash"},
	} {
		_, err := Compile([]byte(c.schema))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s:\ngot  %v\nwant %s", c.schema, err, c.want)
		}
	}
}

// hostile schemas are made to take for ever, or all memory. Each is refused, or is followed
// within bounds.
var hostile = map[string]string{
	"deep":              strings.Repeat(`{"items":`, 5000) + `{}` + strings.Repeat(`}`, 5000),
	"deep but allowed":  strings.Repeat(`{"type":"array","items":`, 90) + `{}` + strings.Repeat(`}`, 90),
	"long":              `{"enum":["` + strings.Repeat("x", maxSchemaBytes) + `"]}`,
	"long literal":      `{"enum":["` + strings.Repeat("x", maxSchemaBytes/2) + `"]}`,
	"many values":       `{"enum":[` + strings.Repeat(`"x",`, maxSchemaBytes/5) + `1]}`,
	"many names":        `{"type":"object","additionalProperties":true,"properties":{` + numbered(8000, `"%d":{},`) + `"x":{}}}`,
	"many formats":      `{"anyOf":[` + strings.Repeat(`{"format":"date-time"},`, 8000) + `{}]}`,
	"many ranges":       `{"anyOf":[` + strings.Repeat(`{"type":"integer","minimum":-123456789012345,"maximum":987654321012345},`, 3000) + `{}]}`,
	"many lists":        `{"anyOf":[` + strings.Repeat(`{"type":"array","maxItems":9,"items":{"$ref":"#"}},`, 4000) + `{}]}`,
	"one into all":      `{"anyOf":[` + numbered(3000, `{"type":"array","items":{"$ref":"#/anyOf/%d"},"minItems":2},`) + `{"type":"null"}]}`,
	"exponential union": exponential(12),
	"references":        `{"$ref":"#/$defs/0","$defs":{` + chain(3000) + `"3000":{"type":"null"}}}`,
	"counts":            `{"type":"array","items":{"type":"string","minLength":65536},"minItems":65536}`,
	"counted counts":    `{"pattern":"^((((a{9999}){9999}){9999}){9999}){9999}$"}`,
	"groups":            `{"pattern":"` + strings.Repeat("(", 10000) + `"}`,
	"subsets":           `{"pattern":"a.{60}$"}`,
	"many subsets":      `{"pattern":"(a|b)*a(a|b){500}$"}`,
	"alternatives":      `{"pattern":"^(` + strings.Repeat("(a|b)?", 2000) + `)$"}`,
	"nested stars":      `{"pattern":"` + strings.Repeat("(", 45) + "a" + strings.Repeat(")*", 45) + `"}`,
}

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func chain(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%d":{"$ref":"#/$defs/%d"},`, i, i+1)
	}
	return b.String()
}

// exponential is a schema that has 4 readings more for each level.
func exponential(depth int) string {
	inner := `{"type":"null"}`
	defs := ""
	for i := range depth {
		one := fmt.Sprintf(`{"type":"object","properties":{"a":%s},"required":["a"]}`, inner)
		two := fmt.Sprintf(`{"type":"object","properties":{"a":%s,"b":{"type":"null"}},"required":["a"]}`, inner)
		defs += fmt.Sprintf(`"%d":{"anyOf":[%s,%s,%s,%s]},`, i, one, two, one, two)
		inner = fmt.Sprintf(`{"$ref":"#/$defs/%d"}`, i)
	}
	return fmt.Sprintf(`{"$ref":"#/$defs/%d","$defs":{%s"x":{}}}`, depth-1, defs)
}

func TestHostileSchemas(t *testing.T) {
	v := vocabularies(t)[0]
	for name, schema := range hostile {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			g, err := Compile([]byte(schema))
			if err == nil {
				m := NewMatcher(g, v.Vocabulary)
				var answer []int32
				for range 60 {
					var mask []uint32
					if mask, err = m.Allowed(answer); err != nil {
						break
					}
					answer = append(answer, best(v.Vocabulary, mask))
					if answer[len(answer)-1] == v.ends[0] {
						break
					}
				}
				if n := len(m.machine.states); n > maxFound {
					t.Errorf("%d states", n)
				}
				if n := len(m.machine.frames); n > 1<<20 {
					t.Errorf("%d frames", n)
				}
			}
			if err != nil && (strings.Contains(err.Error(), "\n") || len(err.Error()) > 1000) {
				t.Errorf("got %.2000s", err)
			}
			t.Logf("%v, %.150v", time.Since(start), err)
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("it took %v", d)
			}
		})
	}
}

// best is the longest token that is allowed.
func best(v *Vocabulary, mask []uint32) int32 {
	best := v.ends[0]
	for id, text := range v.texts {
		if allows(mask, int32(id)) && len(text) > len(v.texts[best]) {
			best = int32(id)
		}
	}
	return best
}
