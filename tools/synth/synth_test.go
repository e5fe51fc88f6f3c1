package main

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mixtab/engine/quant"
	"mixtab/engine/tokenizer"
	"mixtab/engine/weights"
	"mixtab/packdir"
)

func testPlan(t *testing.T, f quant.Format) *weights.Plan {
	t.Helper()
	c, err := weights.ParseConfig([]byte(`{"architectures": ["MixtralForCausalLM"], "hidden_size": 256, "intermediate_size": 512,
		"max_position_embeddings": 512, "num_attention_heads": 8, "num_experts_per_tok": 2, "num_hidden_layers": 2,
		"num_key_value_heads": 2, "num_local_experts": 4, "rms_norm_eps": 1e-05, "rope_theta": 1e6, "vocab_size": 1000}`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := weights.NewPlan(c, f, weights.HeadFormat(f))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWrite(t *testing.T) {
	for _, f := range quant.Formats {
		t.Run(f.String(), func(t *testing.T) {
			var manifests []string
			dir := t.TempDir()
			for _, out := range []string{filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "a")} {
				if _, _, err := write(t.Context(), out, testPlan(t, f), recipe{seed: 7}, func(int64, int64) {}); err != nil {
					t.Fatal(err)
				}
				p, err := packdir.Open(out)
				if err != nil {
					t.Fatal(err)
				}
				if err := p.Verify(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				b, err := os.ReadFile(filepath.Join(out, weights.ManifestPath))
				if err != nil {
					t.Fatal(err)
				}
				manifests = append(manifests, string(b))
			}
			if manifests[0] != manifests[1] || manifests[0] != manifests[2] {
				t.Error("the same seed gave other bytes")
			}
			_, _, err := write(t.Context(), filepath.Join(dir, "a"), testPlan(t, f), recipe{seed: 8}, func(int64, int64) {})
			if err == nil || !strings.Contains(err.Error(), "already holds another pack") {
				t.Errorf("another seed: %v", err)
			}
		})
	}
}

// Packs of others, and figures about them, stay valid: these flags always gave these bytes.
func TestBytesStay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pack")
	if _, _, err := write(t.Context(), dir, testPlan(t, quant.Q4), recipe{seed: 7}, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, weights.ManifestPath))
	if err != nil {
		t.Fatal(err)
	}
	const want = "d19a1d0f9ca9de2ebd26c0218edc2e1f176aee4f7fc9d5c647a49a4c828a41bc"
	if got := fmt.Sprintf("%x", sha256.Sum256(b)); got != want {
		t.Errorf("the manifest's SHA-256 is %s, was %s", got, want)
	}
}

// The numbers have the moments that were asked for, in every format.
func TestMoments(t *testing.T) {
	const rows, cols = 256, 256
	for _, f := range quant.Formats {
		b, v := make([]byte, f.Bytes(rows, cols)), make([]float32, rows*cols)
		fill(b, f, rows, cols, 0, 0.5, rand.New(rand.NewPCG(1, 1)))
		quant.Dequantise(f, v, b, rows, cols)
		var sum, squares float64
		for _, x := range v {
			sum += float64(x)
			squares += float64(x) * float64(x)
		}
		mean, sd := sum/float64(len(v)), math.Sqrt(squares/float64(len(v)))
		if !(math.Abs(mean) < 0.02) || !(math.Abs(sd-0.5) < 0.02) {
			t.Errorf("%v: mean %v, standard deviation %v, want 0 and 0.5", f, mean, sd)
		}
	}
}

func TestTokenizer(t *testing.T) {
	tok := parsed(t, 32000)
	for _, s := range []string{"Hello world", "a cab", "ünïcödé \x00", "", " two  spaces ", "zzz qux"} {
		ids := tok.Encode(s)
		if got := tok.Decode(ids); got != s {
			t.Errorf("%q came back as %q from %v", s, got, ids)
		}
	}
	if ids := tok.Encode("cab"); len(ids) > 2 {
		t.Errorf("\"cab\" takes %d tokens: merges do not work", len(ids))
	}
	parsed(t, 300)
	parsed(t, 100000)
	if tokenizerModel(299) != nil {
		t.Error("a vocabulary of 299 has a tokenizer")
	}
}

func parsed(t *testing.T, size int) *tokenizer.Tokenizer {
	t.Helper()
	tok, err := tokenizer.ParseModel(tokenizerModel(size))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
