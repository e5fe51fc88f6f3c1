package convert

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"mixtab/demo"
	"mixtab/engine/quant"
)

// copyOf is a checkpoint that may be damaged.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "checkpoint")
	if err := os.CopyFS(out, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return out
}

func edit(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(b), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func replace(from, to string) func([]byte) []byte {
	return func(b []byte) []byte {
		s := strings.Replace(string(b), from, to, 1)
		if s == string(b) {
			panic("nothing to replace: " + from)
		}
		return []byte(s)
	}
}

// header changes the header of a safetensors file.
func header(change func(h map[string]map[string]any)) func([]byte) []byte {
	return func(b []byte) []byte {
		n := binary.LittleEndian.Uint64(b)
		var h map[string]map[string]any
		if err := json.Unmarshal(b[8:8+n], &h); err != nil {
			panic(err)
		}
		change(h)
		text, err := json.Marshal(h)
		if err != nil {
			panic(err)
		}
		out := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
		return append(append(out, text...), b[8+n:]...)
	}
}

// sentencePiece is a tokenizer.model of 3072 pieces.
func sentencePiece(t *testing.T) []byte {
	t.Helper()
	b, err := fs.ReadFile(demo.FS(), "tokenizer.model")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// huggingFace is a tokenizer.json.
func huggingFace(pieces int) []byte {
	vocab := map[string]int{"<unk>": 0, "<s>": 1, "</s>": 2, "▁": 259}
	for i := range 256 {
		vocab[fmt.Sprintf("<0x%02X>", i)] = 3 + i
	}
	for id := len(vocab); id < pieces; id++ {
		vocab[string(rune(0x4e00+id))] = id
	}
	v, err := json.Marshal(vocab)
	if err != nil {
		panic(err)
	}
	return fmt.Appendf(nil, `{"added_tokens": [{"id": 0, "content": "<unk>", "special": true}, {"id": 1, "content": "<s>", "special": true}, {"id": 2, "content": "</s>", "special": true}],
		"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false},
		"model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "vocab": %s, "merges": []}}`, v)
}

// Every bad input is one line that names the file and the remedy.
func TestBadInput(t *testing.T) {
	const st = "model.safetensors"
	const w2 = "model.layers.1.block_sparse_moe.experts.3.w2.weight"
	for _, tt := range []struct {
		name, from, file string
		change           func(b []byte) []byte
		want             []string
	}{
		{"truncated", tiny, st, func(b []byte) []byte { return b[:len(b)/2] }, []string{st, "is truncated, 488416 bytes of at least", "download the checkpoint again"}},
		{"truncated header", tiny, st, func(b []byte) []byte { return b[:100] }, []string{st, "is truncated, 100 bytes of at least"}},
		{"empty", tiny, st, func(b []byte) []byte { return nil }, []string{st, "is truncated, 0 bytes"}},
		{"no safetensors", tiny, st, func(b []byte) []byte { return []byte("<html>404 not found</html>") }, []string{st, "is no safetensors file"}},
		{"header", tiny, st, func(b []byte) []byte { b[9] = 'x'; return b }, []string{st, "header:", "download"}},
		{"offsets", tiny, st, header(func(h map[string]map[string]any) { h[w2]["data_offsets"] = []int{0, 2} }), []string{st, w2, "do not fit its shape [64 128]"}},
		{"negative offsets", tiny, st, header(func(h map[string]map[string]any) { h[w2]["data_offsets"] = []int{-2, 2} }), []string{st, "header:"}},
		{"huge shape", tiny, st, header(func(h map[string]map[string]any) { h[w2]["shape"] = []int{1 << 30, 1 << 30, 1 << 30} }), []string{st, w2, "impossible shape"}},
		{"missing tensor", tiny, st, header(func(h map[string]map[string]any) { delete(h, w2) }), []string{"checkpoint: tensor " + w2 + " is missing: download"}},
		{"wrong shape", tiny, st, header(func(h map[string]map[string]any) { h[w2]["shape"] = []int{128, 64} }), []string{st, w2, "has the shape [128 64], config.json makes it [64 128]"}},
		{"wrong type", tiny, st, header(func(h map[string]map[string]any) { h[w2]["dtype"] = "I16" }), []string{st, w2, "is I16; supported are BF16, F16 and F32: choose an unquantised checkpoint"}},
		{"NaN", tiny, st, func(b []byte) []byte {
			// The last tensor but 8 KB: some number of model.norm or an expert.
			binary.LittleEndian.PutUint16(b[len(b)-2*64*7-2*5:], 0x7fc0)
			return b
		}, []string{st, "tensor model.", "column", "is NaN: download the checkpoint again"}},
		{"architecture", tiny, "config.json", replace("MixtralForCausalLM", "LlamaForCausalLM"), []string{"config.json", `config.json: architectures is ["LlamaForCausalLM"]; mixtab runs MixtralForCausalLM: choose another checkpoint`}},
		{"config is no JSON", tiny, "config.json", func([]byte) []byte { return []byte("{") }, []string{"config.json: unexpected end of JSON input: download the checkpoint again"}},
		{"other config", tiny, "config.json", replace(`"intermediate_size": 128`, `"intermediate_size": 96`), []string{st, "has the shape [128 64], config.json makes it [96 64]: the two files do not belong together: download the checkpoint again"}},
		{"index names no file", sharded, "model.safetensors.index.json", replace("model-00002-of", "model-00009-of"), []string{"model-00009-of", "is missing (named in model.safetensors.index.json): download"}},
		{"index leaves the folder", sharded, "model.safetensors.index.json", replace(`"model-00002-of`, `"../model-00002-of`), []string{"index.json", "is no name of a shard"}},
		{"index is no JSON", sharded, "model.safetensors.index.json", func([]byte) []byte { return []byte("x") }, []string{"index.json", "download the checkpoint again"}},
		{"tokenizer of another model", tiny, "tokenizer.model", func([]byte) []byte { return sentencePiece(t) }, []string{"tokenizer.model: has 3072 pieces, config.json has vocab_size 512: take the tokenizer that belongs to this checkpoint"}},
		{"damaged tokenizer", tiny, "tokenizer.model", func([]byte) []byte { b := sentencePiece(t); return b[:len(b)-1] }, []string{"tokenizer.model: no valid protobuf from byte", "damaged, cut short, or something else: take the tokenizer that"}},
		{"tokenizer.json of another model", tiny, "tokenizer.json", func([]byte) []byte { return huggingFace(500) }, []string{"tokenizer.json: has 500 pieces, config.json has vocab_size 512: take"}},
		{"tokenizer of another kind", tiny, "tokenizer.json", func([]byte) []byte { return bytes.Replace(huggingFace(512), []byte("BPE"), []byte("Unigram"), 1) }, []string{`tokenizer.json: model type "Unigram" is not supported, only "BPE": take`}},
		{"generation config", tiny, "generation_config.json", replace(`"eos_token_id": 2`, `"eos_token_id": 512`), []string{"generation_config.json", "eos_token_id has 512"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := copyOf(t, tt.from)
			path := filepath.Join(in, tt.file)
			if _, err := os.Stat(path); err != nil {
				if err := os.WriteFile(path, nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			edit(t, path, tt.change)
			out := filepath.Join(t.TempDir(), "pack")
			_, err := Run(t.Context(), in, out, Options{Format: quant.Q4})
			if err == nil {
				t.Fatal("it was packed")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nwant %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), in) || strings.Count(err.Error(), in) != 1 {
				t.Errorf("%v\nwant one line that begins with the file", err)
			}
			if _, err := os.Stat(filepath.Join(out, "manifest.json")); err == nil {
				t.Error("there is a manifest all the same")
			}
		})
	}
	t.Run("missing shard file", func(t *testing.T) {
		in := copyOf(t, sharded)
		files, err := filepath.Glob(filepath.Join(in, "*.safetensors"))
		if err != nil || len(files) != 3 {
			t.Fatal(files, err)
		}
		if err := os.Remove(files[1]); err != nil {
			t.Fatal(err)
		}
		_, err = Run(t.Context(), in, t.TempDir(), Options{Format: quant.Q4})
		if err == nil || !strings.Contains(err.Error(), files[1]+": is missing (named in") {
			t.Error(err)
		}
	})
	t.Run("no checkpoint", func(t *testing.T) {
		if _, err := Run(t.Context(), t.TempDir(), t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "no config.json there: name the folder") {
			t.Error(err)
		}
	})
	t.Run("a file", func(t *testing.T) {
		in := filepath.Join(tiny, "config.json")
		if _, err := Run(t.Context(), in, t.TempDir(), Options{}); err == nil || err.Error() != in+"/config.json: not a directory: name the folder of a Hugging Face checkpoint" {
			t.Error(err)
		}
	})
	t.Run("another pack", func(t *testing.T) {
		out := t.TempDir()
		if _, err := Run(t.Context(), tiny, out, Options{Format: quant.Q4}); err != nil {
			t.Fatal(err)
		}
		const want = "already holds another pack: choose another folder, or remove this one"
		if _, err := Run(t.Context(), odd, out, Options{Format: quant.Q4}); err == nil || !strings.Contains(err.Error(), want) {
			t.Error(err)
		}
		// Of the same shape, but with other weights.
		in := copyOf(t, tiny)
		edit(t, filepath.Join(in, st), func(b []byte) []byte { b[len(b)-100] ^= 1; return b })
		if _, err := Run(t.Context(), in, out, Options{Format: quant.Q4, Name: "tiny"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Error(err)
		}
	})
}

// Too large for f16 is not damage: the remedy is another format.
func TestOverflow(t *testing.T) {
	in := copyOf(t, tiny)
	edit(t, filepath.Join(in, "model.safetensors"), func(b []byte) []byte {
		n := binary.LittleEndian.Uint64(b)
		binary.LittleEndian.PutUint16(b[8+n:], quant.ToBF16(1e20))
		return b
	})
	_, err := Memory(t.Context(), in, os.DirFS(in), Options{Format: quant.F16})
	if err == nil || !strings.Contains(err.Error(), "row 0, column 0 is 9.9") || !strings.HasSuffix(err.Error(), "too large for f16: choose another -format") {
		t.Error(err)
	}
	if _, err := Memory(t.Context(), in, os.DirFS(in), Options{Format: quant.F32}); err != nil {
		t.Error(err)
	}
}

func TestTokenizers(t *testing.T) {
	in := copyOf(t, tiny)
	for name, b := range map[string][]byte{"tokenizer.model": sentencePiece(t), "tokenizer.json": huggingFace(512)} {
		if err := os.WriteFile(filepath.Join(in, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := t.TempDir()
	r, err := Run(t.Context(), in, out, Options{Format: quant.Q4})
	if err != nil || r.Tokenizer.Kind != "huggingface" || len(r.Warnings) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := os.Stat(filepath.Join(out, "tokenizer.json")); err != nil {
		t.Error(err)
	}
}

// A real full disk: a memory file system of 200 KB, where we may mount one.
func TestDiskFull(t *testing.T) {
	out := t.TempDir()
	if msg, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", out).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: cannot mount a small file system (packdir tests the error without one): %s", msg)
	}
	defer exec.Command("umount", out).Run()
	_, err := Run(t.Context(), tiny, out, Options{Format: quant.Q4})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), out+": the disk is full: free some space and run the same command again, it continues") {
		t.Fatal(err)
	}
	if msg, err := exec.Command("mount", "-o", "remount,size=10m", out).CombinedOutput(); err != nil {
		t.Fatalf("%s", msg)
	}
	r, err := Run(t.Context(), tiny, out, Options{Format: quant.Q4})
	if err != nil || r.Shards != 2 {
		t.Errorf("with space again: %+v, %v", r, err)
	}
}
