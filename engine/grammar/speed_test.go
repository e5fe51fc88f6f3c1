package grammar

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mixtab/engine/tokenizer"
)

// large is Mixtral's own vocabulary of 32,000 tokens, or, where it is missing, one as large:
// the demo model's, of 3,072, some ten times with another beginning.
func large(t testing.TB) *Vocabulary {
	t.Helper()
	dir := os.Getenv("MIXTAB_GOLDEN")
	if dir == "" {
		dir = "../../../shared/golden"
	}
	if file, err := os.ReadFile(filepath.Join(dir, "tokenizer.model")); err == nil {
		tok, err := tokenizer.Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		return vocabularyOf(tok)
	}
	small := vocabularies(t)[0]
	texts := small.texts
	for _, begin := range []string{"th", "un", "re", "in", "st", "ä", "ex", "co", "de", "é"} {
		for _, text := range small.texts[259:] {
			if len(texts) < 32_000 {
				texts = append(texts, begin+text)
			}
		}
	}
	return NewVocabulary(texts, []int{int(small.ends[0])})
}

// contract is a schema of 200 lines, most of them an object.
var contract = `{"$defs":{"address":{"type":"object","properties":{"street":{"type":"string"},"zip":{"type":"string","pattern":"^\\d{5}$"}},"required":["street","zip"]}},
"type":"object","properties":{
` + numbered(195, `"field_%d":{"type":"object","properties":{"name":{"type":"string","maxLength":40},"when":{"type":"string","format":"date-time"},"to":{"$ref":"#/$defs/address"},"kind":{"enum":["a","b","c"]}},"required":["name","to"]},
`) + `"last":{"type":"null"}},"required":["last"]}`

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := Compile([]byte(contract)); err != nil {
			b.Fatal(err)
		}
	}
}

// The mask of a place within a string, where most tokens are allowed: found anew, though the
// states are known, and remembered.
func BenchmarkMask(b *testing.B) {
	v := large(b)
	m := newMachine(JSON())
	at := m.start()
	for _, c := range []byte(`{"name":"a`) {
		at = m.step(at, c)
	}
	for b.Loop() {
		v.mask(m, at)
	}
}

// An answer of JSON, token by token, its masks remembered where they come again.
func BenchmarkAnswer(b *testing.B) {
	v := large(b)
	ids := map[string]int32{}
	for id, text := range v.texts {
		ids[text] = int32(id)
	}
	document := strings.Repeat(`{"name": "Ada", "born": 1815, "likes": ["numbers", "poetry"], "friend": `, 5) + `null` + strings.Repeat(`}`, 5)
	var answer []int32
	for text := document; text != ""; {
		n := min(len(text), 8)
		for ; n > 1 && ids[text[:n]] == 0; n-- {
		}
		answer = append(answer, ids[text[:n]])
		text = text[n:]
	}
	m := NewMatcher(JSON(), v)
	for b.Loop() {
		for n := range answer {
			if _, err := m.Allowed(answer[:n]); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(answer)), "ns/token")
}

func BenchmarkVocabulary(b *testing.B) {
	v := large(b)
	for b.Loop() {
		NewVocabulary(v.texts, []int{2})
	}
}

// A mask takes far less than a token's time on a GPU, and a schema of 200 lines is soon
// compiled. The bounds are generous, for busy machines.
func TestSpeed(t *testing.T) {
	v := large(t)
	start := time.Now()
	g := mustCompile(t, contract)
	if d := time.Since(start); d > 250*time.Millisecond {
		t.Errorf("compiling took %v", d)
	}
	m := NewMatcher(g, v)
	var answer []int32
	start = time.Now()
	const steps = 50
	for range steps {
		mask, err := m.Allowed(answer)
		if err != nil {
			t.Fatal(err)
		}
		id := best(v, mask)
		if id == v.ends[0] {
			answer = answer[:0]
			continue
		}
		answer = append(answer, id)
	}
	if d := time.Since(start); d > steps*20*time.Millisecond {
		t.Errorf("%d masks took %v", steps, d)
	}
}
