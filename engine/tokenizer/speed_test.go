package tokenizer

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// prose is about n bytes of ordinary words, taken from the case file.
func prose(t testing.TB, n int) string {
	var words []string
	for _, c := range loadCases(t, "tokenizer_cases.json").Cases {
		switch c.Category {
		case "english", "french", "german", "spanish", "italian":
			words = append(words, strings.Fields(c.Text)...)
		}
	}
	if len(words) < 100 {
		t.Fatalf("got %d words of prose, want at least 100", len(words))
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(words[rng.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.String()
}

// stress are texts whose words are as long as the text, where a quadratic
// merge would take minutes.
var stress = []struct {
	name string
	make func(n int) string
}{
	{"one letter", func(n int) string { return strings.Repeat("a", n) }},
	{"spaces", func(n int) string { return strings.Repeat(" ", n) }},
	{"two letters", func(n int) string { return strings.Repeat("ab", n/2) }},
	{"no spaces", func(n int) string {
		rng := rand.New(rand.NewPCG(5, 6))
		b := make([]byte, n)
		for i := range b {
			b[i] = byte('a' + rng.IntN(26))
		}
		return string(b)
	}},
	{"invalid", func(n int) string { return strings.Repeat("\xff", n) }},
	{"emoji", func(n int) string { return strings.Repeat("😀", n/4) }},
}

// TestLinear compares 1 MiB with 256 KiB: four times the text may take up to
// ten times as long (n log n, caches, a busy machine), where quadratic merging
// would take sixteen times.
func TestLinear(t *testing.T) {
	for _, v := range variants[:2] {
		t.Run(v.name, func(t *testing.T) {
			tok := v.load(t)
			for _, s := range stress {
				t.Run(s.name, func(t *testing.T) {
					small, large := s.make(256<<10), s.make(1<<20)
					var ratio float64
					for range 5 { // a busy machine may spoil one comparison
						ratio = seconds(tok, large) / seconds(tok, small)
						if ratio <= 10 {
							return
						}
					}
					t.Errorf("1 MiB takes %.1f times as long as 256 KiB, want at most 10", ratio)
				})
			}
		})
	}
}

func seconds(tok *Tokenizer, s string) float64 {
	start := time.Now()
	tok.Encode(s)
	return time.Since(start).Seconds()
}

// BenchmarkEncode reports MB/s of text.
func BenchmarkEncode(b *testing.B) {
	for _, v := range variants[:2] {
		b.Run(v.name, func(b *testing.B) {
			tok := v.load(b)
			run := func(name, text string) {
				b.Run(name, func(b *testing.B) {
					b.SetBytes(int64(len(text)))
					b.ReportAllocs()
					var ids []int32
					for b.Loop() {
						ids = tok.AppendEncode(ids[:0], text)
					}
				})
			}
			run("prose", prose(b, 1<<20))
			for _, s := range stress {
				run(s.name, s.make(1<<20))
			}
		})
	}
}

// BenchmarkDecode reports MB/s of text.
func BenchmarkDecode(b *testing.B) {
	tok := golden(b)
	text := prose(b, 1<<20)
	ids := tok.Encode(text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tok.Decode(ids)
	}
}

// BenchmarkParse reports how long loading takes.
func BenchmarkParse(b *testing.B) {
	for name, path := range map[string]string{"model": "testdata/demo.model", "json": "testdata/demo.tokenizer.json"} {
		file := readFile(b, path)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				parse(b, file)
			}
		})
	}
}
