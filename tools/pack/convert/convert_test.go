package convert

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
	"mixtab/packdir"
)

const (
	tiny    = "../testdata/tiny"
	sharded = "../testdata/tiny-sharded"
	odd     = "../testdata/odd"
)

// readAll reads a whole checkpoint of one file the way the library does it.
func readAll(t *testing.T, dir string) map[string][]float32 {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := safetensors.Deserialize(raw)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]float32{}
	for _, n := range st.Tensors() {
		b := n.TensorView.Data()
		v := make([]float32, len(b)/2)
		for i := range v {
			v[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b[2*i:])) << 16)
		}
		all[n.Name] = v
	}
	return all
}

// read is a tensor of a pack in memory, as float32.
func read(t *testing.T, m *weights.Memory, name string) []float32 {
	t.Helper()
	manifest, err := weights.ParseManifest(m.ManifestBytes)
	if err != nil {
		t.Fatal(err)
	}
	tensor, err := manifest.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	var all []float32
	for _, p := range tensor.Parts {
		v := make([]float32, p.Rows*tensor.Cols())
		quant.Dequantise(tensor.Format, v, m.Shards[p.Shard][p.Offset:p.Offset+p.Length], p.Rows, tensor.Cols())
		all = append(all, v...)
	}
	return all
}

func memory(t *testing.T, in string, o Options) *weights.Memory {
	t.Helper()
	m, err := Memory(t.Context(), in, os.DirFS(in), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// theirs is what a tensor of ours is made of.
func theirs(name string) []string {
	var l, e int
	var w string
	layer := func(names ...string) []string {
		for i, n := range names {
			names[i] = fmt.Sprintf("model.layers.%d.%s.weight", l, n)
		}
		return names
	}
	switch name {
	case "embed":
		return []string{"model.embed_tokens.weight"}
	case "norm":
		return []string{"model.norm.weight"}
	case "lm_head":
		return []string{"lm_head.weight"}
	}
	if n, _ := fmt.Sscanf(name, "layers.%d.experts.%d.%s", &l, &e, &w); n == 3 {
		return layer(fmt.Sprintf("block_sparse_moe.experts.%d.%s", e, map[string]string{"gate": "w1", "up": "w3", "down": "w2"}[w]))
	}
	fmt.Sscanf(name, "layers.%d.%s", &l, &w)
	switch w {
	case "attn_norm":
		return layer("input_layernorm")
	case "qkv":
		return layer("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
	case "o":
		return layer("self_attn.o_proj")
	case "ffn_norm":
		return layer("post_attention_layernorm")
	case "router":
		return layer("block_sparse_moe.gate")
	}
	return nil
}

// In f32 a pack holds the checkpoint's numbers, all of them, each in its place.
func TestValues(t *testing.T) {
	for _, dir := range []string{tiny, odd} {
		want := readAll(t, dir)
		m := memory(t, dir, Options{Format: quant.F32})
		manifest, err := weights.ParseManifest(m.ManifestBytes)
		if err != nil {
			t.Fatal(err)
		}
		used := 0
		for _, tensor := range manifest.Tensors {
			var w []float32
			for _, n := range theirs(tensor.Name) {
				w = append(w, want[n]...)
				used++
			}
			got := read(t, m, tensor.Name)
			if len(got) != len(w) || len(got) == 0 {
				t.Fatalf("%s: %s has %d numbers, want %d", dir, tensor.Name, len(got), len(w))
			}
			for i := range got {
				if got[i] != w[i] {
					t.Fatalf("%s: %s: number %d is %v, want %v", dir, tensor.Name, i, got[i], w[i])
				}
			}
		}
		if used != len(want) {
			t.Errorf("%s: %d tensors of %d are in the pack", dir, used, len(want))
		}
	}
}

// The relative error of all quantised weights is that of an independent
// implementation of the same formats.
func TestGoldenError(t *testing.T) {
	for _, tt := range []struct{ name, dir string }{{"tiny", tiny}, {"gqa128", ""}} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.dir == "" {
				tt.dir = generated(t, tt.name)
			}
			raw, err := os.ReadFile(filepath.Join("../../eval/golden/testdata", "quant-"+tt.name, "quant_reference.json"))
			if err != nil {
				t.Fatal(err)
			}
			var ref struct {
				Formats map[string]struct {
					MSE float64 `json:"weight_rel_mse"`
				} `json:"formats"`
			}
			if err := json.Unmarshal(raw, &ref); err != nil {
				t.Fatal(err)
			}
			want := readAll(t, tt.dir)
			for _, f := range []struct {
				golden string
				format quant.Format
				head   bool
			}{
				{"q4_0_g32", quant.Q4, false}, {"q8_0_g32", quant.Q8, false}, {"q8_0_g32+lm_head", quant.Q8, true},
			} {
				m := memory(t, tt.dir, Options{Format: f.format})
				manifest, err := weights.ParseManifest(m.ManifestBytes)
				if err != nil {
					t.Fatal(err)
				}
				// The mean over the checkpoint's tensors of each one's relative error.
				var sum float64
				tensors := 0
				for _, tensor := range manifest.Tensors {
					head := tensor.Name == weights.LMHead
					if tensor.Name == weights.Embed || tensor.Format == quant.F32 || head && !f.head {
						continue
					}
					got := read(t, m, tensor.Name)
					for _, n := range theirs(tensor.Name) {
						var diff, all float64
						for i, w := range want[n] {
							d := float64(got[i]) - float64(w)
							diff += d * d
							all += float64(w) * float64(w)
						}
						got = got[len(want[n]):]
						sum += diff / all
						tensors++
					}
				}
				got, want := sum/float64(tensors), ref.Formats[f.golden].MSE
				t.Logf("%s: relative squared error %.10g, golden %.10g", f.golden, got, want)
				if want == 0 || !(math.Abs(got/want-1) <= 1e-6) {
					t.Errorf("%s: relative squared error %.8g, want %.8g", f.golden, got, want)
				}
			}
		})
	}
}

// generated makes a checkpoint with the generator of the golden set, where that is.
func generated(t *testing.T, name string) string {
	t.Helper()
	golden := os.Getenv("MIXTAB_GOLDEN")
	if golden == "" {
		golden = "../../../../shared/golden"
	}
	if _, err := os.Stat(filepath.Join(golden, "gen_weights_go")); err != nil {
		t.Skipf("SKIPPED: %s is not tested, the golden set's generator is not here: %v; set MIXTAB_GOLDEN to a folder that holds it", name, err)
	}
	dir := t.TempDir()
	cmd := exec.Command("go", "run", ".", name, dir)
	cmd.Dir = filepath.Join(golden, "gen_weights_go")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(golden, "models", name, "config.json"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "config.json"), b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// However the checkpoint is cut into files and how many goroutines there are, the pack
// is the same to the byte.
func TestDeterministic(t *testing.T) {
	o := Options{Format: quant.Q4, Name: "tiny"}
	a, b := memory(t, tiny, o), memory(t, sharded, o)
	if !bytes.Equal(a.ManifestBytes, b.ManifestBytes) {
		t.Error("tiny-sharded packs to another manifest than tiny")
	}
	out := filepath.Join(t.TempDir(), "pack")
	r, err := Run(t.Context(), tiny, out, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Tensors != 61 || r.Shards != 2 || r.Tokenizer.Kind != weights.KindNone || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "tokenizer") {
		t.Errorf("got %+v", r)
	}
	raw, err := os.ReadFile(filepath.Join(out, weights.ManifestPath))
	if err != nil || !bytes.Equal(raw, a.ManifestBytes) {
		t.Errorf("in a folder the manifest is another than in memory (%v)", err)
	}
	if r, err = Run(t.Context(), tiny, out, o); err != nil || !r.Unchanged || r.Reused != 2 {
		t.Errorf("the same again: %+v, %v", r, err)
	}
}

// writeCheckpoint writes a checkpoint with tensors big enough for many shards.
func writeCheckpoint(t *testing.T, dir string) {
	t.Helper()
	const cfg = `{"architectures": ["MixtralForCausalLM"], "hidden_size": 512, "intermediate_size": 4096,
		"max_position_embeddings": 512, "num_attention_heads": 4, "num_experts_per_tok": 2, "num_hidden_layers": 1,
		"num_key_value_heads": 2, "num_local_experts": 4, "rms_norm_eps": 1e-05, "rope_theta": 1e6, "vocab_size": 259}`
	c, err := weights.ParseConfig([]byte(cfg))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := weights.NewPlan(c, quant.F32, quant.F32)
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string][]int{}
	for _, tensor := range plan.Tensors {
		for _, n := range theirs(tensor.Name) {
			shapes[n] = tensor.Shape
		}
	}
	shapes["model.layers.0.self_attn.q_proj.weight"] = []int{512, 512}
	shapes["model.layers.0.self_attn.k_proj.weight"] = []int{256, 512}
	shapes["model.layers.0.self_attn.v_proj.weight"] = []int{256, 512}
	tensors := map[string]safetensors.TensorView{}
	for name, shape := range shapes {
		n, dims := 1, []uint64{}
		for _, s := range shape {
			n *= s
			dims = append(dims, uint64(s))
		}
		b := make([]byte, 2*n)
		x := crc32.ChecksumIEEE([]byte(name))
		for i := range n {
			x = x*1664525 + 1013904223
			binary.LittleEndian.PutUint16(b[2*i:], quant.ToF16(float32(int32(x))*0x1p-31))
		}
		v, err := safetensors.NewTensorView(safetensors.F16, dims, b)
		if err != nil {
			t.Fatal(err)
		}
		tensors[name] = v
	}
	raw, err := safetensors.Serialize(tensors, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(cfg), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "model.safetensors"), raw, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Cancelled in the middle and run again, a pack is the same as if nothing had happened,
// and what was complete is not made twice.
func TestResume(t *testing.T) {
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "pack")
	writeCheckpoint(t, in)
	o := Options{Format: quant.F32, Name: "resumed"}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.Progress = func(done, total int64) {
		if done > total/3 {
			cancel()
		}
	}
	if _, err := Run(ctx, in, out, o); err == nil || ctx.Err() == nil {
		t.Fatalf("a cancelled run ended with %v", err)
	}
	if _, err := packdir.Open(out); err == nil || !strings.Contains(err.Error(), "has not finished") {
		t.Errorf("the interrupted pack: %v", err)
	}
	o.Progress = nil
	r, err := Run(t.Context(), in, out, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Reused < 1 || r.Reused >= r.Shards || r.Shards < 6 {
		t.Errorf("%d of %d shards were there already", r.Reused, r.Shards)
	}
	clean := memory(t, in, o)
	raw, err := os.ReadFile(filepath.Join(out, weights.ManifestPath))
	if err != nil || !bytes.Equal(raw, clean.ManifestBytes) {
		t.Errorf("the resumed pack differs from one made at once (%v)", err)
	}
	p, err := packdir.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
