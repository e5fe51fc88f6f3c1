package tokenizer

import (
	"slices"
	"testing"
	"unicode/utf8"
)

// FuzzRoundTrip checks Decode(Encode(s)) == canonical(s), which is s itself
// exactly when s is valid UTF-8 without U+2581; that no control id comes out;
// and that streaming gives the same text.
func FuzzRoundTrip(f *testing.F) {
	tok := demo(f)
	c := loadCases(f, "demo_cases.json")
	for _, c := range c.Cases {
		f.Add(c.Text)
	}
	for _, c := range c.InvalidUTF8 {
		f.Add(string(c.Bytes))
	}
	f.Fuzz(func(t *testing.T, s string) {
		ids := tok.Encode(s)
		want := canonical(s)
		if got := tok.Decode(ids); got != want {
			t.Errorf("Decode(Encode(%q)): got %q, want %q", s, got, want)
		}
		if got := stream(tok, ids); got != want {
			t.Errorf("streaming Encode(%q): got %q, want %q", s, got, want)
		}
		for _, id := range ids {
			if !tok.has(id) || tok.kinds[id] == kindControl || tok.kinds[id] == kindUnknown {
				t.Errorf("Encode(%q) holds id %d", s, id)
			}
		}
	})
}

// FuzzStream decodes arbitrary ids: streaming equals Decode and every part is
// valid UTF-8.
func FuzzStream(f *testing.F) {
	tok := demo(f)
	seeds := loadCases(f, "demo_cases.json").Decode
	for _, c := range seeds {
		var b []byte
		for _, id := range c.IDs {
			b = append(b, byte(id>>8), byte(id))
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var ids []int32
		for ; len(b) >= 2; b = b[2:] {
			ids = append(ids, int32(int16(b[0])<<8|int16(b[1])))
		}
		if got, want := stream(tok, ids), tok.Decode(ids); got != want {
			t.Errorf("streaming %v: got %q, want %q", ids, got, want)
		}
		s := tok.NewStream()
		for _, id := range ids {
			if part := s.Push(id); !utf8.ValidString(part) {
				t.Errorf("streaming %v: part %q is not valid UTF-8", ids, part)
			}
		}
	})
}

// FuzzParse feeds arbitrary files. Whatever is accepted must work.
func FuzzParse(f *testing.F) {
	seeds := [][]byte{nil, tinyModel{}.bytes(), []byte(tinyJSON)}
	if _, err := ParseModel(seeds[1]); err != nil {
		f.Fatalf("seed: %v", err)
	}
	if _, err := ParseJSON(seeds[2]); err != nil {
		f.Fatalf("seed: %v", err)
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		tok, err := Parse(file)
		if err != nil {
			return
		}
		for _, s := range []string{"", "a b", "ab ba aab", "日\xff▁", "<s></s>"} {
			ids := tok.Encode(s)
			if slices.ContainsFunc(ids, tok.IsControl) {
				t.Errorf("Encode(%q) holds a control id: %v", s, ids)
			}
			if got, want := tok.Decode(ids), canonical(s); got != want {
				t.Errorf("Decode(Encode(%q)): got %q, want %q", s, got, want)
			}
		}
	})
}
