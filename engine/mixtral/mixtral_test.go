package mixtral_test

import (
	"errors"
	"io/fs"
	"math"
	"slices"
	"testing"

	"mixtab/engine/kernel"
	"mixtab/engine/mixtral"
	"mixtab/engine/mixtral/mixtraltest"
	"mixtab/engine/quant"
	"mixtab/engine/ref"
	"mixtab/engine/sample"
	"mixtab/engine/weights"
	"mixtab/tools/pack/convert"
	"mixtab/tools/pack/testdata"
)

// load opens a small random checkpoint.
func load(t *testing.T, name string, format quant.Format, opt mixtral.Options) *mixtral.Model {
	t.Helper()
	pack, man := memory(t, name, format)
	dev := ref.New()
	m, err := mixtral.Load(t.Context(), dev, pack.Source(dev), man, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// memory packs a small random checkpoint.
func memory(t *testing.T, name string, format quant.Format) (*weights.Memory, *weights.Manifest) {
	t.Helper()
	if name == "deep" {
		return mixtraltest.Deep(t, format, 96)
	}
	dir, err := fs.Sub(testdata.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	pack, err := convert.Memory(t.Context(), name, dir, convert.Options{Format: format})
	if err != nil {
		t.Fatal(err)
	}
	man, err := weights.ParseManifest(pack.ManifestBytes)
	if err != nil {
		t.Fatal(err)
	}
	return pack, man
}

func ids(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = int32(1 + i*37%500)
	}
	return s
}

// logits of the last token after prefilling the pieces one by one.
func logits(t *testing.T, m *mixtral.Model, pieces ...[]int32) []float32 {
	t.Helper()
	m.Cache().Truncate(0)
	for _, p := range pieces {
		if err := m.Prefill(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	l, err := m.Logits(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// However a prompt is cut into chunks and tiles, and whatever was in the cache, the
// logits are the same bits on the reference device.
func TestChunksDoNotMatter(t *testing.T) {
	m := load(t, "odd", quant.Q4, mixtral.Options{Context: 256})
	all := ids(150)
	want := logits(t, m, all)
	for _, cut := range []int{1, 7, 63, 64, 65, 149} {
		if got := logits(t, m, all[:cut], all[cut:]); !slices.Equal(got, want) {
			t.Errorf("cut at %d: other logits", cut)
		}
	}
	other := load(t, "odd", quant.Q4, mixtral.Options{Context: 150,
		Tuning: kernel.Tuning{
			Decode:  kernel.Product{Sharing: kernel.Shared, Arithmetic: kernel.F32, WG: 64, Team: 32, Rows: 2, Tile: 1},
			Prefill: kernel.Product{Sharing: kernel.Tiled, Arithmetic: kernel.F32, WG: 64, Team: 4, Rows: 4, Tile: 2},
			RowWG:   64, ReduceWG: 32, AttentionWG: 16, SampleWG: 64, Chunk: 13}})
	if got := logits(t, other, all); !slices.Equal(got, want) {
		t.Error("another tuning: other logits")
	}
}

// A decoded token gives the logits that it would have given in a prompt.
func TestDecodeEqualsPrefill(t *testing.T) {
	m := load(t, "tiny", quant.Q8, mixtral.Options{Context: 64})
	prompt := ids(20)
	logits(t, m, prompt)
	if err := m.Begin(sample.Config{}); err != nil {
		t.Fatal(err)
	}
	r, err := m.SampleFirst()
	for step := 1; step <= 10; step++ {
		if err != nil {
			t.Fatal(err)
		}
		token, err := r.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		prompt = append(prompt, token)
		if r, err = m.Decode(t.Context(), step); err != nil {
			t.Fatal(err)
		}
	}
	decoded, err := m.Logits(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	prefilled := logits(t, m, prompt)
	for i := range decoded {
		if diff := math.Abs(float64(decoded[i] - prefilled[i])); !(diff <= 2e-5) {
			t.Fatalf("logit %d: %v decoded, %v prefilled", i, decoded[i], prefilled[i])
		}
	}
}

func TestContextFull(t *testing.T) {
	m := load(t, "tiny", quant.F32, mixtral.Options{Context: 32})
	if err := m.Prefill(t.Context(), ids(33)); !errors.Is(err, mixtral.ErrContextFull) {
		t.Errorf("33 tokens in 32: %v", err)
	}
	if m.Cache().Len() != 0 {
		t.Errorf("%d tokens ran before the refusal", m.Cache().Len())
	}
	if err := m.Prefill(t.Context(), ids(32)); err != nil {
		t.Error(err)
	}
	if err := m.Prefill(t.Context(), []int32{512}); err == nil {
		t.Error("a token outside the vocabulary was taken")
	}
}

func TestCache(t *testing.T) {
	m := load(t, "tiny", quant.F32, mixtral.Options{Context: 32})
	logits(t, m, []int32{1, 2, 3, 4})
	for _, c := range []struct {
		prompt []int32
		want   int
	}{
		{[]int32{1, 2, 3, 4, 5}, 4},
		{[]int32{1, 2, 3, 4}, 3}, // the last token must run
		{[]int32{1, 2, 9}, 2},
		{[]int32{9}, 0},
		{nil, 0},
	} {
		if got := m.Cache().Common(c.prompt); got != c.want {
			t.Errorf("%v: %d in common, want %d", c.prompt, got, c.want)
		}
	}
	if n := m.Cache().Reuse([]int32{1, 2, 9}); n != 2 || m.Cache().Len() != 2 {
		t.Errorf("reused %d, kept %d, want 2", n, m.Cache().Len())
	}
}
