package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// tinyModel writes a minimal tokenizer.model; each field spoils one thing.
type tinyModel struct {
	modelType    uint64 // BPE if 0
	noFallback   bool
	noSpace      bool
	noBOS        bool
	lastByte     string // <0xFF> if empty
	charsmap     string
	denormalizer string
	trimSpaces   bool
	noEscape     bool
	spaceSuffix  bool
	extra        []tinyPiece
}

type tinyPiece struct {
	text  string
	score float32
	typ   uint64
}

func (m tinyModel) bytes() []byte {
	pieces := []tinyPiece{{"<unk>", 0, 2}, {"<s>", 0, 3}, {"</s>", 0, 3}}
	for b := range 256 {
		pieces = append(pieces, tinyPiece{fmt.Sprintf("<0x%02X>", b), 0, 6})
	}
	if m.lastByte != "" {
		pieces[len(pieces)-1].text = m.lastByte
	}
	pieces = append(pieces, tinyPiece{"ab", -1, 1}, tinyPiece{"▁a", -2, 1}, tinyPiece{"a", -3, 1})
	if !m.noSpace {
		pieces = append(pieces, tinyPiece{"▁", -4, 1})
	}
	if m.noBOS {
		pieces[1].typ = 1
	}
	if m.modelType == 0 {
		m.modelType = modelTypeBPE
	}
	var file []byte
	for _, p := range append(pieces, m.extra...) {
		var b []byte
		b = protowire.AppendString(protowire.AppendTag(b, pieceText, protowire.BytesType), p.text)
		b = protowire.AppendFixed32(protowire.AppendTag(b, pieceScore, protowire.Fixed32Type), math.Float32bits(p.score))
		b = protowire.AppendVarint(protowire.AppendTag(b, pieceType, protowire.VarintType), p.typ)
		file = protowire.AppendBytes(protowire.AppendTag(file, modelPiece, protowire.BytesType), b)
	}
	flag := func(b []byte, num protowire.Number, on bool) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), protowire.EncodeBool(on))
	}
	trainer := protowire.AppendVarint(protowire.AppendTag(nil, trainerModelType, protowire.VarintType), m.modelType)
	trainer = flag(trainer, trainerByteFallback, !m.noFallback)
	trainer = flag(trainer, trainerSpaceSuffix, m.spaceSuffix)
	file = protowire.AppendBytes(protowire.AppendTag(file, modelTrainer, protowire.BytesType), trainer)
	norm := protowire.AppendString(protowire.AppendTag(nil, normalizerCharsmap, protowire.BytesType), m.charsmap)
	norm = flag(norm, normalizerTrimSpaces, m.trimSpaces)
	norm = flag(norm, normalizerEscapeSpaces, !m.noEscape)
	file = protowire.AppendBytes(protowire.AppendTag(file, modelNormalizer, protowire.BytesType), norm)
	denorm := protowire.AppendString(protowire.AppendTag(nil, normalizerCharsmap, protowire.BytesType), m.denormalizer)
	return protowire.AppendBytes(protowire.AppendTag(file, modelDenormalizer, protowire.BytesType), denorm)
}

// TestLooseCharacters covers characters that occur in pieces but have none of
// their own: they merge, and what is left over becomes bytes.
func TestLooseCharacters(t *testing.T) {
	tok := parse(t, tinyModel{extra: []tinyPiece{{"日本", -0.5, 1}}}.bytes())
	for _, c := range []struct{ text, want string }{
		{"ab", "▁ ab"},
		{"aab", "▁a ab"},
		{"b", "▁ <0x62>"},
		{"bab", "▁ <0x62> ab"},
		{"日本", "▁ 日本"},
		{"本日本日", "▁ <0xE6> <0x9C> <0xAC> 日本 <0xE6> <0x97> <0xA5>"},
	} {
		var got []string
		for _, id := range tok.Encode(c.text) {
			got = append(got, tok.Piece(id))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("Encode(%q): got %v, want %v", c.text, got, c.want)
		}
		if got := tok.Decode(tok.Encode(c.text)); got != c.text {
			t.Errorf("Decode(Encode(%q)): got %q", c.text, got)
		}
	}
}

// TestPieceAcrossWords covers vocabularies in which a piece spans two words:
// text is then not merged word by word.
func TestPieceAcrossWords(t *testing.T) {
	tok := parse(t, tinyModel{extra: []tinyPiece{{"a▁", -0.6, 1}, {"a▁a", -0.5, 1}}}.bytes())
	if tok.wordBound {
		t.Error("wordBound is set")
	}
	id := int32(tok.VocabSize() - 1)
	if got, want := tok.Encode("a a"), []int32{tok.space, id}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if tok := demo(t); !tok.wordBound {
		t.Error("the demo vocabulary is not merged word by word")
	}
}

func TestParseModelErrors(t *testing.T) {
	good := tinyModel{}.bytes()
	if _, err := Parse(good); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "empty"},
		{"cut short", good[:len(good)/2], "cut short"},
		{"not protobuf", []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "no valid protobuf from byte 0 of 11"},
		{"no pieces", []byte{0x3a, 0}, "no pieces"},
		{"text", []byte("hello, this is not a model"), "something else"},
		{"unigram", tinyModel{modelType: 1}.bytes(), "model type 1"},
		{"no byte fallback", tinyModel{noFallback: true}.bytes(), "byte fallback"},
		{"missing byte", tinyModel{lastByte: "<0x0A>x"}.bytes(), `"<0x0A>x" does not name one`},
		{"duplicate", tinyModel{lastByte: "<0x0A>"}.bytes(), `pieces 13 and 258 are both "<0x0A>"`},
		{"no space piece", tinyModel{noSpace: true}.bytes(), "▁"},
		{"no BOS", tinyModel{noBOS: true}.bytes(), `no control piece "<s>"`},
		{"normaliser", tinyModel{charsmap: "nfkc"}.bytes(), "precompiled_charsmap"},
		{"denormaliser", tinyModel{denormalizer: "x"}.bytes(), "precompiled_charsmap"},
		{"trimmed spaces", tinyModel{trimSpaces: true}.bytes(), "remove_extra_whitespaces"},
		{"raw spaces", tinyModel{noEscape: true}.bytes(), "escape_whitespaces"},
		{"suffix spaces", tinyModel{spaceSuffix: true}.bytes(), "suffixes"},
		{"user-defined", tinyModel{extra: []tinyPiece{{"xyz", 0, 4}}}.bytes(), `piece 263 ("xyz") has type 4`},
		{"empty piece", tinyModel{extra: []tinyPiece{{"", 0, 1}}}.bytes(), "piece 263: it is empty"},
		{"invalid UTF-8", tinyModel{extra: []tinyPiece{{"\xff", 0, 1}}}.bytes(), "piece 263: \"\\xff\" is not valid UTF-8"},
		{"long piece", tinyModel{extra: []tinyPiece{{strings.Repeat("x", 9999), 0, 1}}}.bytes(), "9999 bytes"},
		{"NaN", tinyModel{extra: []tinyPiece{{"xyz", float32(math.NaN()), 1}}}.bytes(), "score of piece 263"},
	} {
		t.Run(c.name, func(t *testing.T) { checkError(t, c.file, c.want) })
	}
}

var tinyJSON = func() string {
	vocab := map[string]int32{"<unk>": 0, "<s>": 1, "</s>": 2, "ab": 259, "▁a": 260, "a": 261, "▁": 262, "b": 263}
	for b := range 256 {
		vocab[fmt.Sprintf("<0x%02X>", b)] = int32(3 + b)
	}
	v, err := json.Marshal(vocab)
	if err != nil {
		panic(err)
	}
	return `{"added_tokens":[{"id":0,"content":"<unk>","special":true},{"id":1,"content":"<s>","special":true},
		{"id":2,"content":"</s>","special":true},{"id":264,"content":"<extra>","special":false}],
		"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},
		{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},"pre_tokenizer":null,
		"model":{"type":"BPE","unk_token":"<unk>","byte_fallback":true,"vocab":` + string(v) + `,"merges":["a b",["▁","a"]]}}`
}()

func TestAddedToken(t *testing.T) {
	tok := parse(t, []byte(tinyJSON))
	if got, want := tok.Decode([]int32{264}), "<extra>"; got != want {
		t.Errorf("Decode: got %q, want %q", got, want)
	}
	if ids := tok.Encode("<extra>"); slices.Contains(ids, 264) {
		t.Errorf("typed text gives the added token: %v", ids)
	}
}

func TestParseJSONErrors(t *testing.T) {
	model := func(key string, value any) func(map[string]any) {
		return func(hf map[string]any) { hf["model"].(map[string]any)[key] = value }
	}
	top := func(key string, value any) func(map[string]any) {
		return func(hf map[string]any) { hf[key] = value }
	}
	metaspace := func(key string, value any) func(map[string]any) {
		return func(hf map[string]any) {
			p := map[string]any{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false}
			p[key] = value
			hf["normalizer"], hf["pre_tokenizer"] = nil, p
		}
	}
	for _, c := range []struct {
		name string
		edit func(map[string]any)
		want string
	}{
		{"unigram", model("type", "Unigram"), `model type "Unigram"`},
		{"byte level", model("byte_fallback", false), "byte_fallback"},
		{"dropout", model("dropout", 0.1), "dropout"},
		{"ignore merges", model("ignore_merges", true), "ignore_merges"},
		{"suffix", model("end_of_word_suffix", "</w>"), "end_of_word_suffix"},
		{"no vocab", model("vocab", nil), "no vocab"},
		{"unknown merge", model("merges", []string{"a q"}), `merge 0 ("a" + "q")`},
		{"merge to nothing", model("merges", []string{"a b", "b a"}), `merge 1 ("b" + "a")`},
		{"merge to control", model("merges", []string{"<s> a"}), `merge 0 ("<s>" + "a")`},
		{"one-piece merge", model("merges", []string{"ab"}), `merge "ab" is not two pieces`},
		{"three-piece merge", model("merges", [][]string{{"a", "b", "c"}}), "is not two pieces"},
		{"added differs", top("added_tokens", []any{map[string]any{"id": 9, "content": "a"}}), `added token "a" has id 9, but 261`},
		{"added too high", top("added_tokens", []any{map[string]any{"id": 999, "content": "<x>"}}), `the id of "<x>" is 999`},
		{"id twice", top("added_tokens", []any{map[string]any{"id": 5, "content": "<x>"}}), "id 5 is given to"},
		{"nothing special", top("added_tokens", nil), `no control piece "<s>"`},
		{"no spaces", top("normalizer", nil), "neither normalizer nor pre_tokenizer"},
		{"other normaliser", top("normalizer", map[string]any{"type": "NFKC"}), `"NFKC"`},
		{"only prepend", top("normalizer", map[string]any{"type": "Prepend", "prepend": "▁"}), "does not replace"},
		{"both", top("pre_tokenizer", map[string]any{"type": "Metaspace"}), "together"},
		{"other pre-tokenizer", metaspace("type", "ByteLevel"), `"ByteLevel"`},
		{"splitting", metaspace("split", true), "splits"},
		{"splitting by default", metaspace("split", nil), "splits"},
		{"other replacement", metaspace("replacement", "_"), `"_"`},
		{"other scheme", metaspace("prepend_scheme", "last"), `"last"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkError(t, edit(t, []byte(tinyJSON), c.edit), c.want)
		})
	}
	t.Run("cut short", func(t *testing.T) { checkError(t, []byte(tinyJSON)[:100], "unexpected end of JSON") })
	t.Run("wrong type", func(t *testing.T) { checkError(t, []byte(`{"model":5}`), "cannot unmarshal") })
}

// edit changes a JSON object.
func edit(t testing.TB, file []byte, change func(map[string]any)) []byte {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	change(v)
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func checkError(t *testing.T, file []byte, want string) {
	t.Helper()
	_, err := Parse(file)
	if err == nil {
		t.Fatalf("got no error, want one with %q", want)
	}
	got := err.Error()
	if !strings.Contains(got, want) || strings.Contains(got, "\n") || len(got) > 300 {
		t.Errorf("got %q, want one line with %q", got, want)
	}
}
