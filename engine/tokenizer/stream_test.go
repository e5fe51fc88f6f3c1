package tokenizer

import (
	"slices"
	"testing"
	"unicode/utf8"
)

func TestStreamParts(t *testing.T) {
	tok := demo(t)
	b := func(s string) (ids []int32) {
		for i := range len(s) {
			ids = append(ids, tok.byteIDs[s[i]])
		}
		return ids
	}
	space := tok.Encode(" ")[0]
	bracket := int32(262) // "▁["
	for _, c := range []struct {
		name string
		ids  []int32
		want []string // one a Push, then Flush
	}{
		{"space inside is kept", []int32{bracket, bracket}, []string{"[", " [", ""}},
		{"lone first space", []int32{space, bracket}, []string{"", " [", ""}},
		{"control first", []int32{1, bracket, 2, bracket}, []string{"", "[", "", " [", ""}},
		{"emoji", b("😀"), []string{"", "", "", "😀", ""}},
		{"two characters", b("é日"), []string{"", "é", "", "", "日", ""}},
		{"cut off", b("日")[:2], []string{"", "", "\ufffd\ufffd"}},
		{"interrupted", append(b("日")[:2], bracket), []string{"", "", "\ufffd\ufffd [", ""}},
		{"interrupted by control", append(b("日")[:2], 2), []string{"", "", "\ufffd\ufffd", ""}},
		{"stray trail byte", []int32{tok.byteIDs[0x80], tok.byteIDs['a']}, []string{"\ufffd", "a", ""}},
		{"lead after lead", []int32{tok.byteIDs[0xE6], tok.byteIDs[0xC3], tok.byteIDs[0xA9]}, []string{"", "\ufffd", "é", ""}},
		{"overlong", b("\xe0\x80\x80"), []string{"", "\ufffd\ufffd", "\ufffd", ""}},
		{"byte first keeps the next space", []int32{tok.byteIDs['a'], bracket}, []string{"a", " [", ""}},
		{"outside the vocabulary", []int32{-1, 1 << 30}, []string{" \u2047 ", " \u2047 ", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := tok.NewStream()
			for range 2 { // Flush makes the stream as new
				var got []string
				for _, id := range c.ids {
					got = append(got, s.Push(id))
				}
				got = append(got, s.Flush())
				if !slices.Equal(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
}

// TestStreamSplit streams every text of the case file: parts are whole
// characters and add up to the text.
func TestStreamSplit(t *testing.T) {
	tok := demo(t)
	for _, c := range loadCases(t, "demo_cases.json").Cases {
		s, text := tok.NewStream(), ""
		for _, id := range c.IDs {
			part := s.Push(id)
			if !utf8.ValidString(part) {
				t.Errorf("%q: part %q is not valid UTF-8", c.Text, part)
			}
			text += part
		}
		if got, want := text+s.Flush(), canonical(c.Text); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The bytes that the ids would add are those of the text, byte pieces included.
func TestStreamBytes(t *testing.T) {
	tok := demo(t)
	for _, text := range []string{"What's that?", "  two spaces", "😀 日本", "", "a\nb"} {
		s := tok.NewStream()
		var got []byte
		for _, id := range append([]int32{tok.BOS()}, tok.Encode(text)...) {
			got = append(got, s.Bytes(id)...)
			s.Push(id)
		}
		if string(got) != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	s := tok.NewStream()
	if got := s.Bytes(tok.EOS()); len(got) != 0 {
		t.Errorf("the end adds %q", got)
	}
	if got := string(s.Bytes(-1)); got != " \u2047 " {
		t.Errorf("an id of no piece adds %q", got)
	}
}
