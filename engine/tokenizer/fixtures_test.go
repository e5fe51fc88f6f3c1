package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// cases is the shape of tokenizer_cases.json and demo_cases.json, both written
// by SentencePiece itself.
type cases struct {
	Cases []struct {
		Category string
		Text     string
		IDs      []int32
		Decoded  string
	}
	InvalidUTF8 []struct {
		Bytes []byte `json:"bytes_b64"`
		IDs   []int32
	} `json:"invalid_utf8"`
	Decode []struct {
		IDs     []int32
		Decoded string
	}
}

func loadCases(t testing.TB, name string) cases {
	t.Helper()
	var c cases
	if err := json.Unmarshal(readFile(t, filepath.Join("testdata", name)), &c); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(c.Cases) < 200 || len(c.InvalidUTF8) < 7 || len(c.Decode) < 70 {
		t.Fatalf("%s: got %d, %d, %d cases, want at least 200, 7, 70", name, len(c.Cases), len(c.InvalidUTF8), len(c.Decode))
	}
	return c
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// demo returns the small committed vocabulary: 3,072 pieces.
func demo(t testing.TB) *Tokenizer {
	t.Helper()
	return parse(t, readFile(t, "testdata/demo.model"))
}

// golden returns Mixtral's own vocabulary of 32,000 pieces, which is not part
// of the repository. The test is skipped where it is missing.
func golden(t testing.TB) *Tokenizer {
	t.Helper()
	dir := os.Getenv("MIXTAB_GOLDEN")
	if dir == "" {
		dir = "../../../shared/golden"
	}
	path := filepath.Join(dir, "tokenizer.model")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("SKIP: Mixtral's tokenizer.model is missing (%v); set MIXTAB_GOLDEN to a folder that holds it", err)
	}
	return parse(t, b)
}

func parse(t testing.TB, file []byte) *Tokenizer {
	t.Helper()
	tok, err := Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
