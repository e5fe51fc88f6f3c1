package grammar

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mixtab/engine/tokenizer"
)

// A vocabulary for tests, with a token that ends an answer.
type tokens struct {
	*Vocabulary
	name   string
	encode func(r *rand.Rand, text string) []int32
}

// vocabularies are the demo model's, with its own tokenizer and with tokens chosen at random,
// and one of single bytes.
func vocabularies(t testing.TB) []tokens {
	t.Helper()
	file, err := os.ReadFile("../tokenizer/testdata/demo.model")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	demo := vocabularyOf(tok)
	ids := map[string]int32{}
	longest := 0
	for id, text := range demo.texts {
		ids[text] = int32(id)
		longest = max(longest, len(text))
	}
	cut := func(r *rand.Rand, text string) (out []int32) {
		for text != "" {
			n := 1 + r.IntN(min(longest, len(text)))
			for n > 1 && ids[text[:n]] == 0 {
				n--
			}
			out = append(out, ids[text[:n]])
			text = text[n:]
		}
		return out
	}
	var bytes []string
	for b := range 256 {
		bytes = append(bytes, string([]byte{byte(b)}))
	}
	spell := func(_ *rand.Rand, text string) (out []int32) {
		for _, b := range []byte(text) {
			out = append(out, int32(b))
		}
		return out
	}
	return []tokens{
		{demo, "tokenizer", func(_ *rand.Rand, text string) []int32 { return tok.Encode(text) }},
		{demo, "cut at random", cut},
		{NewVocabulary(append(bytes, ""), []int{256}), "bytes", spell},
	}
}

func vocabularyOf(tok *tokenizer.Tokenizer) *Vocabulary {
	texts := make([]string, tok.VocabSize())
	for id := range texts {
		texts[id] = tok.Bytes(int32(id))
	}
	return NewVocabulary(texts, []int{int(tok.EOS())})
}

func allows(mask []uint32, id int32) bool { return mask[id/32]>>(id%32)&1 == 1 }

// Random documents of random schemas are accepted token by token, however they are spaced and
// cut into tokens, and an answer may end where they do and nowhere else.
func TestDocuments(t *testing.T) {
	all := vocabularies(t)
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := randomValue(r, 3)
		g := mustCompile(t, d.schema)
		validator := validatorOf(t, d.schema)
		for _, v := range all {
			m := NewMatcher(g, v.Vocabulary)
			document := d.write(styles[r.IntN(len(styles))])
			if err := validator(document); err != nil {
				t.Fatalf("the test is wrong: %s is not of %s: %v", document, d.schema, err)
			}
			answer := v.encode(r, document)
			for n := range len(answer) + 1 {
				mask, err := m.Allowed(answer[:n])
				if err != nil {
					t.Fatal(err)
				}
				text := spelled(v.Vocabulary, answer[:n])
				if n < len(answer) && !allows(mask, answer[n]) {
					t.Fatalf("seed %d, %s: %s: %q is refused behind %q", seed, v.name, d.schema, v.texts[answer[n]], text)
				}
				if ends := allows(mask, v.ends[0]); ends != (validator(text) == nil) {
					t.Fatalf("seed %d, %s: %s: the answer may end behind %q: %v", seed, v.name, d.schema, text, ends)
				}
			}
		}
	}
}

func spelled(v *Vocabulary, ids []int32) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(v.texts[id])
	}
	return b.String()
}

// validatorOf checks documents by an implementation of JSON Schema that is not ours.
func validatorOf(t testing.TB, schema string) func(document string) error {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	return func(document string) error {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
		if err != nil {
			return err
		}
		return compiled.Validate(v)
	}
}

// walk chooses tokens at random among those that are allowed, those that bring the document
// to its end more often than others, and gives up after some.
func walk(t testing.TB, m *Matcher, r *rand.Rand) (document string, ended bool) {
	t.Helper()
	v := m.vocabulary
	var answer []int32
	for range 400 {
		mask, err := m.Allowed(answer)
		if err != nil {
			t.Fatal(err)
		}
		var all, closing []int32
		for id, text := range v.texts {
			if allows(mask, int32(id)) {
				all = append(all, int32(id))
				if strings.ContainsAny(text, `"}]`) || text == "" {
					closing = append(closing, int32(id))
				}
			}
		}
		whole, err := m.Complete(answer)
		if err != nil || len(all) == 0 || whole != (len(all) == 1 && all[0] == v.ends[0]) {
			t.Fatalf("behind %q: %d tokens are allowed, complete: %v, %v", spelled(v, answer), len(all), whole, err)
		}
		if len(closing) > 0 && r.IntN(3) > 0 {
			all = closing
		}
		id := all[r.IntN(len(all))]
		if id == v.ends[0] {
			return spelled(v, answer), true
		}
		answer = append(answer, id)
	}
	return spelled(v, answer), false
}

// Whatever is chosen of what is allowed, the end is a document that the schema describes.
func TestWalks(t *testing.T) {
	vocabulary := vocabularies(t)[0].Vocabulary
	ended, all := 0, 0
	try := func(schema string, seed uint64, walks int) {
		m := NewMatcher(mustCompile(t, schema), vocabulary)
		validate := validatorOf(t, schema)
		r := rand.New(rand.NewPCG(seed, 2))
		for range walks {
			document, whole := walk(t, m, r)
			if all++; !whole {
				continue
			}
			ended++
			if err := validate(document); err != nil {
				t.Errorf("%s gave %s: %v", schema, document, err)
			}
		}
	}
	for i, c := range cases {
		// The validator has Go's regular expressions, which lack some of ECMAScript's.
		if !strings.Contains(c.schema, `[^]`) && !strings.Contains(c.schema, `\u0041`) {
			try(c.schema, uint64(i), 10)
		}
	}
	for seed := range uint64(100) {
		try(randomValue(rand.New(rand.NewPCG(seed, 3)), 3).schema, seed, 3)
	}
	if ended < all*3/4 {
		t.Errorf("%d of %d walks came to an end", ended, all)
	}
	m := NewMatcher(JSON(), vocabulary)
	for seed := range uint64(200) {
		document, whole := walk(t, m, rand.New(rand.NewPCG(seed, 4)))
		if v := map[string]any{}; whole && json.Unmarshal([]byte(document), &v) != nil {
			t.Errorf("JSON mode gave %s", document)
		}
	}
}
