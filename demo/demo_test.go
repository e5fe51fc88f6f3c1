package demo_test

import (
	"testing"

	"mixtab/demo"
	"mixtab/engine/tokenizer"
	"mixtab/packdir"
)

// The embedded pack is whole, has a tokenizer that fits, and stays small enough to be
// committed.
func TestPack(t *testing.T) {
	p, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if n := p.Manifest().Bytes(); n > 10e6 {
		t.Errorf("it has %d bytes, more than 10 MB", n)
	}
	raw, err := p.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tokenizer.ParseModel(raw); err != nil {
		t.Error(err)
	}
}
