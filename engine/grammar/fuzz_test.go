package grammar

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// Whatever a schema is, it is refused in one line, or followed without ever being at a loss,
// and what it accepts is JSON.
func FuzzCompile(f *testing.F) {
	for _, c := range cases {
		f.Add([]byte(c.schema), uint64(1))
	}
	for seed := range uint64(20) {
		f.Add([]byte(randomValue(rand.New(rand.NewPCG(seed, 5)), 3).schema), seed)
	}
	vocabulary := vocabularies(f)[0].Vocabulary
	f.Fuzz(func(t *testing.T, schema []byte, seed uint64) {
		g, err := Compile(schema)
		if err != nil {
			return
		}
		m := NewMatcher(g, vocabulary)
		r := rand.New(rand.NewPCG(seed, 6))
		var answer []int32
		for range 30 {
			mask, err := m.Allowed(answer)
			if err == ErrAmbiguous {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var all []int32
			for id := range vocabulary.texts {
				if allows(mask, int32(id)) {
					all = append(all, int32(id))
				}
			}
			text := spelled(vocabulary, answer)
			if len(all) == 0 {
				t.Fatalf("%s: nothing may follow %q", schema, text)
			}
			if allows(mask, vocabulary.ends[0]) && !json.Valid([]byte(text)) {
				t.Fatalf("%s: the answer may end behind %q", schema, text)
			}
			id := all[r.IntN(len(all))]
			if id == vocabulary.ends[0] {
				return
			}
			answer = append(answer, id)
		}
	})
}

// What the grammar of JSON accepts, encoding/json reads.
func FuzzDocument(f *testing.F) {
	for _, c := range cases {
		for _, document := range append(c.yes, c.no...) {
			f.Add([]byte(`{"a":` + document + `}`))
		}
	}
	g := JSON()
	f.Fuzz(func(t *testing.T, document []byte) {
		if v := map[string]any{}; accepts(g, string(document)) && json.Unmarshal(document, &v) != nil {
			t.Errorf("%q is accepted", document)
		}
	})
}
