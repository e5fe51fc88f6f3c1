package engine_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mixtab/demo"
	"mixtab/engine"
	"mixtab/engine/gpu"
	"mixtab/engine/ref"
	"mixtab/engine/weights"
	"mixtab/packdir"
)

// What is wrong with a pack is said in one line, once, with the file and the remedy.
func TestOpenBadPack(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, dir, shard string)
		want  string // %[1]s is the folder, %[2]s the shard's file
		is    error
	}{
		{"missing shard", func(t *testing.T, dir, shard string) { must(t, os.Remove(shard)) },
			"%[2]s: is missing: pack or download the model again", weights.ErrBadShard},
		{"truncated shard", func(t *testing.T, dir, shard string) { must(t, os.Truncate(shard, 1000)) },
			"%[2]s: has 1000 bytes, not 5013504: pack or download the model again", weights.ErrBadShard},
		{"corrupt shard", func(t *testing.T, dir, shard string) {
			b := read(t, shard)
			b[len(b)/2] ^= 1
			must(t, os.WriteFile(shard, b, 0o644))
		}, "%[2]s: has other bytes than its name says: pack or download the model again", weights.ErrBadShard},
		{"another tokenizer", func(t *testing.T, dir, _ string) {
			must(t, os.WriteFile(dir+"/tokenizer.model", tokenizerOf(300), 0o644))
		},
			"%[1]s/tokenizer.model: is damaged, or not the tokenizer that the manifest names: pack or download the model again", nil},
		{"tokenizer of another vocabulary", func(t *testing.T, dir, _ string) { replaceTokenizer(t, dir, tokenizerOf(300)) },
			"tokenizer.model: has 300 pieces and the model 3072: pack the model again with the tokenizer that belongs to it", nil},
		{"tokenizer that is none", func(t *testing.T, dir, _ string) { replaceTokenizer(t, dir, []byte("x")) },
			"tokenizer.model: no valid protobuf from byte 0 of 1: the file is damaged, cut short, or something else: pack the model again with the tokenizer that belongs to it", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pack")
			must(t, os.CopyFS(dir, demo.FS()))
			must(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
				return errors.Join(err, os.Chmod(path, 0o755)) // CopyFS keeps the embedded files' mode
			}))
			pack, err := packdir.Open(dir)
			must(t, err)
			gate, err := pack.Manifest().Tensor(weights.Expert(0, 0, weights.Gate))
			must(t, err)
			shard := filepath.Join(dir, "shards", gate.Parts[0].Shard+".bin")
			tt.spoil(t, dir, shard)
			if pack, err = packdir.Open(dir); err != nil {
				t.Fatal(err)
			}
			dev := ref.New()
			_, err = engine.Open(t.Context(), dev, pack.Source(dev), engine.Config{})
			want := strings.NewReplacer("%[1]s", dir, "%[2]s", shard).Replace(tt.want)
			if err == nil || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "layers.") || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func TestOpenTooLarge(t *testing.T) {
	pack, err := packdir.OpenFS(demo.FS())
	must(t, err)
	limits := gpu.DefaultLimits
	limits.MaxBufferSize = 512 << 10
	dev := ref.NewWithLimits(limits)
	_, err = engine.Open(t.Context(), dev, pack.Source(dev), engine.Config{})
	if !errors.Is(err, gpu.ErrOutOfMemory) || !strings.HasSuffix(err.Error(), ": close other programs that use the GPU, or pack the model in a smaller format") {
		t.Errorf("got %v", err)
	}
	if held := dev.Counters().BytesHeld; held != 0 {
		t.Errorf("%d bytes are still held", held)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return b
}

// replaceTokenizer has the manifest name another file, as a pack made by hand may.
func replaceTokenizer(t *testing.T, dir string, file []byte) {
	t.Helper()
	must(t, os.WriteFile(dir+"/tokenizer.model", file, 0o644))
	m, err := weights.ParseManifest(read(t, dir+"/manifest.json"))
	must(t, err)
	sum := sha256.Sum256(file)
	m.Tokenizer.SHA256 = hex.EncodeToString(sum[:])
	raw, err := m.Marshal()
	must(t, err)
	must(t, os.WriteFile(dir+"/manifest.json", raw, 0o644))
}

// tokenizerOf is a tokenizer of so many pieces, in Hugging Face's format.
func tokenizerOf(pieces int) []byte {
	var vocab strings.Builder
	for i := range 256 {
		fmt.Fprintf(&vocab, `, "<0x%02X>": %d`, i, 3+i)
	}
	for id := 260; id < pieces; id++ {
		fmt.Fprintf(&vocab, `, "%c": %d`, 0x4e00+id, id)
	}
	return fmt.Appendf(nil, `{"added_tokens": [{"id": 0, "content": "<unk>", "special": true}, {"id": 1, "content": "<s>", "special": true}, {"id": 2, "content": "</s>", "special": true}],
		"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false},
		"model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, "▁": 259%s}, "merges": []}}`, &vocab)
}
