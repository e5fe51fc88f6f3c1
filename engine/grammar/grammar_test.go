package grammar

import (
	"strings"
	"testing"
)

// accepts walks a document byte by byte and says whether it is one of the grammar's.
func accepts(g *Grammar, document string) bool {
	m := newMachine(g)
	at := m.start()
	for _, b := range []byte(document) {
		at = m.step(at, b)
	}
	return at != dead && m.states[at].ended
}

func mustCompile(t testing.TB, schema string) *Grammar {
	t.Helper()
	g, err := Compile([]byte(schema))
	if err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	return g
}

func TestJSON(t *testing.T) {
	g := JSON()
	for _, document := range []string{
		`{}`, ` {}`, `{ }`, `{"a":1}`, `{"a": [1, -2.5e+10, "x\n\"é\ud83d\ude00", true, false, null, {}, []]}`,
		"{\n  \"a\": {\n    \"b\": [\n      1,\n      2\n    ]\n  }\n}", `{"a":0,"a":-0.0E-1}`, "{\"\x7f\u2028😀\":\"\"}",
		strings.Repeat(`{"a":`, 60) + `[]` + strings.Repeat(`}`, 60),
	} {
		if !accepts(g, document) {
			t.Errorf("%s is refused", document)
		}
	}
	for _, document := range []string{
		``, ` `, `{`, `[]`, `1`, `"x"`, `{}{}`, `{} `, `  {}`, `{  }`, `{"a":1,}`, `{"a"}`, `{a:1}`, `{'a':1}`, `{"a":01}`, `{"a":1.}`, `{"a":.5}`,
		`{"a":+1}`, `{"a":1e}`, `{"a":tru}`, "{\"a\":\"\n\"}", "{\"a\":\"\x80\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xf5\x80\x80\x80\"}",
		`{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\ud800"}`, `{"a":"\ud800x"}`, `{"a":"\udc00"}`, "{\n" + strings.Repeat(" ", 17) + "}", "{\"a\":\t1}",
		`{"a":1234567890123456789}`, `{"a":1e100}`, strings.Repeat(`{"a":`, 200) + `1` + strings.Repeat(`}`, 200),
	} {
		if accepts(g, document) {
			t.Errorf("%s is accepted", document)
		}
	}
}

// Each schema with documents that it describes and others that it does not.
var cases = []struct {
	schema  string
	yes, no []string
}{
	{`{}`, []string{`1`, `"x"`, `null`, `[{}]`}, []string{``, `x`}},
	{`true`, []string{`{}`, `0`}, nil},
	{`{"type":"null"}`, []string{`null`, ` null`}, []string{`nul`, `0`, `nulll`}},
	{`{"type":"boolean"}`, []string{`true`, `false`}, []string{`null`, `True`}},
	{`{"type":["integer","null"]}`, []string{`null`, `12`, `-3`}, []string{`1.5`, `"x"`}},
	{`{"type":"number"}`, []string{`0`, `-1.5`, `1e9`, `123456789012345678.12345678901234567890E-99`}, []string{`01`, `1.`, `-`}},

	{`{"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"string"}},"required":["b","a"],"additionalProperties":false}`,
		[]string{`{"b":1,"a":""}`, `{"b": 1, "a": "x"}`, "{\n  \"b\": 1,\n  \"a\": \"x\"\n}"},
		[]string{`{"a":"","b":1}`, `{"b":1}`, `{}`, `{"b":1,"a":"","c":1}`, `{"b":1,"b":1,"a":""}`}},
	{`{"type":"object","properties":{"a":{"type":"null"},"b":{"type":"null"},"c":{"type":"null"}},"required":["b"]}`,
		[]string{`{"b":null}`, `{"a":null,"b":null}`, `{"b":null,"c":null}`, `{"a":null,"b":null,"c":null}`},
		[]string{`{}`, `{"a":null}`, `{"a":null,"c":null}`, `{"b":null,}`, `{,"b":null}`}},
	{`{"type":"object","properties":{"a":{"type":"null"},"ab":{"type":"null"}},"additionalProperties":{"type":"integer"}}`,
		[]string{`{}`, `{"a":null}`, `{"x":1}`, `{"a":null,"x":1,"y":2}`, `{"abc":1,"b":2,"":3,"é":4}`, `{"a":null,"ab":null,"aé":1}`},
		[]string{`{"a":1}`, `{"ab":1}`, `{"x":null}`, `{"x":1,"a":null}`, `{"\u0061":1}`}},
	{`{"type":"object","additionalProperties":{"type":"integer"}}`, []string{`{}`, `{"\u0061":1}`}, []string{`{"a":""}`}},
	{`{"type":"object","additionalProperties":false}`, []string{`{}`}, []string{`{"a":1}`}},
	{`{"type":"object"}`, []string{`{}`, `{"a":[1]}`}, []string{`[]`}},
	{`{"type":"object","required":["id"]}`, []string{`{"id":1}`, `{"id":{},"x":2}`}, []string{`{}`, `{"x":1}`}},
	{`{"type":"object","properties":{"\"\n é":{"type":"null"}}}`, []string{`{"\"\n é":null}`}, []string{`{"\"\u000a é":null}`}},
	{`{"properties":{"a":{"const":1}}}`, []string{`{"a":1}`, `{}`}, []string{`1`}},
	{`{"type":"object","properties":{"a":false,"b":true},"required":["b"]}`, []string{`{"b":1}`}, []string{`{"a":1,"b":1}`}},

	{`{"type":"array","items":{"type":"integer"}}`, []string{`[]`, `[1]`, `[1, 2,3]`, "[\n 1,\n 2\n]"}, []string{`[1,]`, `[,1]`, `["x"]`}},
	{`{"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":3}`, []string{`[1,2]`, `[1,2,3]`}, []string{`[]`, `[1]`, `[1,2,3,4]`}},
	{`{"type":"array","items":{"type":"null"},"minItems":1}`, []string{`[null]`, `[null,null]`}, []string{`[]`}},
	{`{"type":"array","items":{"type":"null"},"maxItems":1}`, []string{`[]`, `[null]`}, []string{`[null,null]`}},
	{`{"type":"array","maxItems":0}`, []string{`[]`, `[ ]`}, []string{`[1]`}},
	{`{"type":"array","items":false}`, []string{`[]`}, []string{`[1]`}},
	{`{"type":"array","prefixItems":[{"type":"integer"},{"type":"null"}],"items":{"type":"string"},"minItems":1,"maxItems":3}`,
		[]string{`[1]`, `[1,null]`, `[1,null,"x"]`}, []string{`[]`, `[null]`, `[1,"x"]`, `[1,null,"x","y"]`}},
	{`{"type":"array","prefixItems":[{"type":"integer"},{"type":"null"}],"items":false,"minItems":2}`, []string{`[1,null]`}, []string{`[1]`, `[1,null,1]`}},

	{`{"type":"string"}`, []string{`""`, `"a\\b\/\u00e9"`}, []string{`"`, `x`}},
	{`{"type":"string","minLength":2,"maxLength":3}`, []string{`"ab"`, `"abc"`, `"é\n"`, `"\ud83d\ude00😀\u0041"`}, []string{`"a"`, `"abcd"`, `""`, `"é"`}},
	{`{"type":"string","maxLength":1}`, []string{`""`, `"x"`}, []string{`"xy"`}},
	{`{"type":"string","minLength":3}`, []string{`"abc"`, `"abcdefghij"`}, []string{`"ab"`}},
	{`{"type":"string","pattern":"^[a-c]+$"}`, []string{`"a"`, `"abcab"`}, []string{`""`, `"ad"`, `"\u0061"`}},
	{`{"type":"string","pattern":"b"}`, []string{`"b"`, `"abc"`, `"\n\"b"`}, []string{`""`, `"ac"`}},
	{`{"type":"string","pattern":"^a|b$"}`, []string{`"ax"`, `"xb"`, `"a"`}, []string{`"xa"`, `"bx"`}},
	{`{"type":"string","pattern":"^(ab|c){2,3}d?$"}`, []string{`"abc"`, `"cccd"`, `"ccab"`}, []string{`"c"`, `"abababab"`, `"abcdd"`}},
	{`{"type":"string","pattern":"^\\d{3}-[^\\d\\s]\\.\\u0041\\x42$"}`, []string{`"123-x.AB"`, `"123-\".AB"`}, []string{`"123-4.AB"`, `"123-x-AB"`}},
	{`{"type":"string","pattern":"^(?:a*?b+)*$"}`, []string{`""`, `"abb"`, `"bab"`}, []string{`"a"`, `"ba"`}},
	{`{"type":"string","pattern":"^[\\w.\\-]+@.[^]$"}`, []string{`"a.b-c@xy"`, `"a@😀\n"`}, []string{`"a@x"`, `"@xy"`}},
	{`{"type":"string","pattern":""}`, []string{`""`, `"x"`}, []string{`x`}},
	{`{"type":"string","format":"date"}`, []string{`"2024-02-29"`, `"2000-02-29"`, `"2023-12-31"`}, []string{`"2023-02-29"`, `"1900-02-29"`, `"2023-04-31"`, `"2023-13-01"`}},
	{`{"type":"string","format":"date-time"}`, []string{`"2024-02-29T23:59:00Z"`, `"2023-01-01T00:00:00.5+02:00"`}, []string{`"2024-02-29"`, `"2024-02-29T24:00:00Z"`}},
	{`{"type":"string","format":"time"}`, []string{`"12:00:00Z"`}, []string{`"12:00"`}},
	{`{"type":"string","format":"duration"}`, []string{`"P1DT2H"`, `"PT5M"`, `"P3W"`}, []string{`"P"`, `"PT"`, `"P1D2H"`}},
	{`{"type":"string","format":"email"}`, []string{`"ada.l@example.org"`}, []string{`"ada"`, `"a@b"`, `".a@b.c"`}},
	{`{"type":"string","format":"ipv4"}`, []string{`"192.168.0.255"`}, []string{`"256.1.1.1"`, `"1.1.1"`, `"01.1.1.1"`}},
	{`{"type":"string","format":"uuid"}`, []string{`"123e4567-e89b-12d3-a456-426614174000"`}, []string{`"123e4567e89b12d3a456426614174000"`}},

	{`{"type":"integer","minimum":5,"maximum":123}`, []string{`5`, `9`, `10`, `99`, `100`, `123`}, []string{`4`, `124`, `0`, `05`, `1000`, `-5`}},
	{`{"type":"integer","minimum":-12,"maximum":7}`, []string{`-12`, `-9`, `-1`, `0`, `7`}, []string{`-13`, `8`, `10`, `-20`}},
	{`{"type":"integer","exclusiveMinimum":0}`, []string{`1`, `999999999999999999`}, []string{`0`, `-1`, `-0`}},
	{`{"type":"integer","maximum":-1}`, []string{`-1`, `-100`}, []string{`0`, `1`, `-0`}},
	{`{"type":"integer","minimum":0.5,"exclusiveMaximum":3}`, []string{`1`, `2`}, []string{`0`, `3`}},
	{`{"type":"number","minimum":0,"maximum":10}`, []string{`0`, `0.5`, `9.99`, `10`, `10.0`, `10.00`}, []string{`-1`, `10.01`, `11`, `1e1`}},
	{`{"type":"number","minimum":-2,"maximum":1}`, []string{`-2`, `-2.0`, `-1.5`, `-0.5`, `0.25`, `1`}, []string{`-2.1`, `1.1`, `2`}},

	{`{"enum":["red","green",1,1.50,null,true,{"a":[1,"x"]},[]]}`, []string{`"red"`, `1`, `1.50`, `null`, `{"a":[1,"x"]}`, `[]`}, []string{`"re"`, `1.5`, `"blue"`}},
	{`{"type":"string","enum":["a","ab",3]}`, []string{`"a"`, `"ab"`}, []string{`3`, `"abc"`}},
	{`{"const":"\u0001\"é"}`, []string{`"\u0001\"é"`}, []string{`"\u0001\"\u00e9"`}},

	{`{"anyOf":[{"type":"integer"},{"type":"array","items":{"$ref":"#"}}]}`, []string{`1`, `[]`, `[1,[2,[]]]`}, []string{`[null]`}},
	{`{"oneOf":[{"type":"object","properties":{"k":{"const":"a"},"n":{"type":"integer"}},"required":["k","n"]},{"type":"object","properties":{"k":{"const":"b"}},"required":["k"]}]}`,
		[]string{`{"k":"a","n":1}`, `{"k":"b"}`}, []string{`{"k":"a"}`, `{"k":"b","n":1}`}},
	{`{"allOf":[{"$ref":"#/$defs/x~1y"}],"$defs":{"x/y":{"type":"null"}},"description":"x","x-order":1}`, []string{`null`}, []string{`1`}},
	{`{"$defs":{"node":{"type":"object","properties":{"value":{"type":"integer"},"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["value","next"],"additionalProperties":false}},"$ref":"#/$defs/node"}`,
		[]string{`{"value":1,"next":null}`, `{"value":1,"next":{"value":2,"next":null}}`}, []string{`{"value":1}`, `{"value":1,"next":{}}`}},
}

func TestSchemas(t *testing.T) {
	for _, c := range cases {
		g := mustCompile(t, c.schema)
		for _, document := range c.yes {
			if !accepts(g, document) {
				t.Errorf("%s refuses %s", c.schema, document)
			}
		}
		for _, document := range c.no {
			if accepts(g, document) {
				t.Errorf("%s accepts %s", c.schema, document)
			}
		}
	}
}
