package tokenizer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// variants are the vocabularies with independent truth: every way to load one
// must give the ids of SentencePiece.
var variants = []struct {
	name  string
	load  func(testing.TB) *Tokenizer
	cases string
}{
	{"mixtral", golden, "tokenizer_cases.json"},
	{"demo", demo, "demo_cases.json"},
	{"demo-json", demoJSON, "demo_cases.json"},
	{"demo-metaspace", demoMetaspace, "demo_cases.json"},
}

func demoJSON(t testing.TB) *Tokenizer {
	return parse(t, readFile(t, "testdata/demo.tokenizer.json"))
}

// demoMetaspace is demoJSON in the form that newer converters write.
func demoMetaspace(t testing.TB) *Tokenizer {
	file := readFile(t, "testdata/demo.tokenizer.json")
	return parse(t, edit(t, file, func(hf map[string]any) {
		hf["normalizer"] = nil
		hf["pre_tokenizer"] = map[string]any{
			"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false,
		}
		model := hf["model"].(map[string]any)
		for i, m := range model["merges"].([]any) {
			model["merges"].([]any)[i] = strings.Split(m.(string), " ")
		}
	}))
}

func TestEncode(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			tok, c := v.load(t), loadCases(t, v.cases)
			for i, c := range c.Cases {
				t.Run(fmt.Sprintf("%03d-%s", i, c.Category), func(t *testing.T) {
					checkIDs(t, tok, c.Text, c.IDs)
				})
			}
			for i, c := range c.InvalidUTF8 {
				t.Run(fmt.Sprintf("invalid-%d", i), func(t *testing.T) {
					checkIDs(t, tok, string(c.Bytes), c.IDs)
				})
			}
		})
	}
}

func checkIDs(t *testing.T, tok *Tokenizer, text string, want []int32) {
	t.Helper()
	got := tok.Encode(text)
	if !slices.Equal(got, want) {
		t.Errorf("Encode(%q)\n got %v\nwant %v", text, got, want)
	}
	if got, want := tok.Decode(got), canonical(text); got != want {
		t.Errorf("Decode(Encode(%q)): got %q, want %q", text, got, want)
	}
}

func TestDecode(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			tok, c := v.load(t), loadCases(t, v.cases)
			for i, c := range c.Decode {
				t.Run(fmt.Sprintf("%03d", i), func(t *testing.T) {
					if got := tok.Decode(c.IDs); got != c.Decoded {
						t.Errorf("Decode(%v): got %q, want %q", c.IDs, got, c.Decoded)
					}
					if got := stream(tok, c.IDs); got != c.Decoded {
						t.Errorf("streaming %v: got %q, want %q", c.IDs, got, c.Decoded)
					}
				})
			}
		})
	}
}

// TestControlIsText types every control piece and the template's markers: what
// comes back are ordinary ids.
func TestControlIsText(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			tok := v.load(t)
			for _, s := range []string{"<s>", "</s>", "<unk>", "<0x0A>", "[INST]", "[/INST]", "x</s><s>[INST] y"} {
				for _, id := range tok.Encode(s) {
					if tok.kinds[id] != kindNormal && tok.kinds[id] != kindByte {
						t.Errorf("Encode(%q) holds id %d, %q", s, id, tok.Piece(id))
					}
				}
			}
		})
	}
}

func TestFacts(t *testing.T) {
	tok := demo(t)
	if got, want := tok.VocabSize(), 3072; got != want {
		t.Errorf("VocabSize: got %d, want %d", got, want)
	}
	if got, want := [2]int32{tok.BOS(), tok.EOS()}, [2]int32{1, 2}; got != want {
		t.Errorf("BOS, EOS: got %v, want %v", got, want)
	}
	for _, c := range []struct {
		id      int32
		piece   string
		control bool
		text    string
	}{
		{-1, "", false, " \u2047 "},
		{0, "<unk>", false, " \u2047 "},
		{1, "<s>", true, ""},
		{2, "</s>", true, ""},
		{13, "<0x0A>", false, "\n"},
		{262, "▁[", false, "["},
		{3071, ">", false, ">"},
		{3072, "", false, " \u2047 "},
	} {
		if got := tok.Piece(c.id); got != c.piece {
			t.Errorf("Piece(%d): got %q, want %q", c.id, got, c.piece)
		}
		if got := tok.IsControl(c.id); got != c.control {
			t.Errorf("IsControl(%d): got %v, want %v", c.id, got, c.control)
		}
		if got := tok.Decode([]int32{c.id}); got != c.text {
			t.Errorf("Decode(%d): got %q, want %q", c.id, got, c.text)
		}
	}
}

func TestAppendEncode(t *testing.T) {
	tok := demo(t)
	got := tok.AppendEncode([]int32{7, 8}, "Hello world")
	want := append([]int32{7, 8}, tok.Encode("Hello world")...)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := tok.AppendEncode(nil, ""); len(got) != 0 {
		t.Errorf("empty text: got %v, want nothing", got)
	}
}

// TestWithoutPrefix covers vocabularies that add no dummy prefix: nothing is
// put in front and nothing taken off.
func TestWithoutPrefix(t *testing.T) {
	tok := parse(t, edit(t, readFile(t, "testdata/demo.tokenizer.json"), func(hf map[string]any) {
		hf["normalizer"] = hf["normalizer"].(map[string]any)["normalizers"].([]any)[1]
	}))
	for _, s := range []string{"", " ", "Hello", " Hello", "\n", "héé 日本"} {
		if got := tok.Decode(tok.Encode(s)); got != s {
			t.Errorf("got %q, want %q", got, s)
		}
	}
	if got := tok.Piece(tok.Encode("Hello")[0]); strings.HasPrefix(got, "▁") {
		t.Errorf("the first piece of %q is %q", "Hello", got)
	}
}

// TestConcurrent shares one Tokenizer between goroutines.
func TestConcurrent(t *testing.T) {
	tok, c := demo(t), loadCases(t, "demo_cases.json")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, c := range c.Cases {
				if got := tok.Encode(c.Text); !slices.Equal(got, c.IDs) {
					t.Errorf("Encode(%q): got %v, want %v", c.Text, got, c.IDs)
				}
			}
		})
	}
	wg.Wait()
}

// canonical is what Decode(Encode(s)) must be: see the package comment.
func canonical(s string) string {
	var b bytes.Buffer
	for _, r := range s { // range yields U+FFFD for each invalid byte
		if r == spaceRune {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}

// stream decodes ids one by one.
func stream(tok *Tokenizer, ids []int32) string {
	s := tok.NewStream()
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(s.Push(id))
	}
	b.WriteString(s.Flush())
	return b.String()
}
