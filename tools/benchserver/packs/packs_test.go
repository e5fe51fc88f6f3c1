package packs

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

func TestMixtralTakesNoRoom(t *testing.T) {
	dir := t.TempDir()
	shards, err := Mixtral(dir)
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, s := range shards {
		info, err := os.Stat(filepath.Join(dir, s.Path))
		if err != nil || info.Size() != s.Bytes {
			t.Fatalf("%s: %v, want %d bytes", s.Path, err, s.Bytes)
		}
		sum += s.Bytes
	}
	if sum < 26e9 || sum > 27e9 {
		t.Errorf("%d bytes in all, want those of Mixtral-8x7B at q4", sum)
	}
}

func TestMiddle(t *testing.T) {
	dir := t.TempDir()
	shards, err := Middle(dir)
	if err != nil {
		t.Fatal(err)
	}
	full := 0
	for _, s := range shards {
		data, err := os.ReadFile(filepath.Join(dir, s.Path))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != s.Hash || int64(len(data)) != s.Bytes {
			t.Errorf("%s holds something else", s.Path)
		}
		if s.Bytes == 16<<20 {
			full++
		}
	}
	if full != 6 {
		t.Errorf("%d shards of 16 MiB, want 6", full)
	}
}
