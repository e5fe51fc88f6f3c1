package weights

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/quant"
)

// mixtral is the config.json of Mixtral-8x7B-Instruct-v0.1.
const mixtral = `{
  "architectures": ["MixtralForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2,
  "hidden_act": "silu", "hidden_size": 4096, "initializer_range": 0.02, "intermediate_size": 14336,
  "max_position_embeddings": 32768, "model_type": "mixtral", "num_attention_heads": 32,
  "num_experts_per_tok": 2, "num_hidden_layers": 32, "num_key_value_heads": 8, "num_local_experts": 8,
  "output_router_logits": false, "rms_norm_eps": 1e-05, "rope_theta": 1000000.0, "router_aux_loss_coef": 0.02,
  "sliding_window": null, "tie_word_embeddings": false, "torch_dtype": "bfloat16",
  "transformers_version": "4.36.0.dev0", "use_cache": true, "vocab_size": 32000}`

const small = `{"architectures": ["MixtralForCausalLM"], "hidden_act": "silu", "hidden_size": 64, "intermediate_size": 96,
  "max_position_embeddings": 512, "num_attention_heads": 4, "num_experts_per_tok": 2, "num_hidden_layers": 2,
  "num_key_value_heads": 2, "num_local_experts": 4, "rms_norm_eps": 1e-05, "rope_theta": 1e6, "vocab_size": 100}`

func mustConfig(t testing.TB, s string) Config {
	c, err := ParseConfig([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfig(t *testing.T) {
	c := mustConfig(t, mixtral)
	if c.HeadDim != 128 || c.QKVRows() != 6144 || c.Dim != 4096 || len(c.EOS) != 1 || c.EOS[0] != 2 {
		t.Errorf("got %+v", c)
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if again := mustConfig(t, string(b)); fmt.Sprint(again) != fmt.Sprint(c) {
		t.Errorf("%s came back as %+v", b, again)
	}
	for _, ok := range []string{
		strings.Replace(mixtral, `"rope_theta": 1000000.0`, `"rope_parameters": {"rope_theta": 1e6, "rope_type": "default"}`, 1),
		strings.Replace(mixtral, `"sliding_window": null`, `"sliding_window": 32768`, 1),
		strings.Replace(mixtral, `"eos_token_id": 2`, `"eos_token_id": [2, 32], "head_dim": null`, 1),
	} {
		if c := mustConfig(t, ok); c.RopeTheta != 1e6 || c.HeadDim != 128 {
			t.Errorf("%s\nbecame %+v", ok, c)
		}
	}
}

func TestConfigRefuses(t *testing.T) {
	for _, tt := range []struct{ from, to, want string }{
		{`["MixtralForCausalLM"]`, `["LlamaForCausalLM"]`, `architectures is ["LlamaForCausalLM"]; mixtab runs MixtralForCausalLM`},
		{`"model_type": "mixtral"`, `"model_type": "mistral"`, `model_type is "mistral"; mixtab runs "mixtral"`},
		{`"silu"`, `"gelu"`, `hidden_act is "gelu"; mixtab supports "silu"`},
		{`"sliding_window": null`, `"sliding_window": 4096`, `sliding_window is 4096; mixtab supports null`},
		{`"hidden_size": 4096`, `"hidden_size": 0`, `hidden_size is 0; supported are 1 to 1048576, a multiple of 32`},
		{`"hidden_size": 4096`, `"hidden_size": 4100`, `hidden_size is 4100; supported`},
		{`"intermediate_size": 14336`, `"intermediate_size": 14337`, `intermediate_size is 14337; supported`},
		{`"intermediate_size": 14336`, `"intermediate_size": 99999999968`, `intermediate_size is 99999999968; supported`},
		{`"num_key_value_heads": 8`, `"num_key_value_heads": 5`, `num_key_value_heads is 5; it must divide num_attention_heads, 32`},
		{`"num_key_value_heads": 8`, `"num_key_value_heads": -8`, `num_key_value_heads is -8; supported`},
		{`"hidden_act"`, `"head_dim": 127, "hidden_act"`, `head_dim is 127; supported are 1 to 1048576, a multiple of 8`},
		{`"hidden_act"`, `"head_dim": 66, "hidden_act"`, `head_dim is 66; supported`},
		{`"num_experts_per_tok": 2`, `"num_experts_per_tok": 9`, `num_experts_per_tok is 9; there are only 8 experts`},
		{`"num_local_experts": 8`, `"num_local_experts": 65`, `num_local_experts is 65; supported are 1 to 64`},
		{`"rms_norm_eps": 1e-05`, `"rms_norm_eps": 0`, `rms_norm_eps is 0; supported`},
		{`"rope_theta": 1000000.0, `, ``, `rope_theta is 0; supported`},
		{`"rope_theta"`, `"rope_scaling": {"type": "linear", "factor": 2}, "rope_theta"`, `rope_scaling is {"type": "linear", "factor": 2}; mixtab supports only unscaled RoPE`},
		{`"rope_theta"`, `"quantization_config": {"bits": 4}, "rope_theta"`, `quantization_config is {"bits": 4}; mixtab packs unquantised checkpoints`},
		{`"rope_theta"`, `"attention_bias": true, "rope_theta"`, `attention_bias is true`},
		{`"eos_token_id": 2`, `"eos_token_id": 32000`, `eos_token_id has 32000; the vocabulary has the ids 0 to 31999`},
		{`"eos_token_id": 2`, `"eos_token_id": []`, `eos_token_id is an empty list`},
		{`"bos_token_id": 1`, `"bos_token_id": -1`, `bos_token_id is -1`},
		{`"vocab_size": 32000`, `"vocab_size": 1e400`, `json: cannot unmarshal`},
	} {
		_, err := ParseConfig([]byte(strings.Replace(mixtral, tt.from, tt.to, 1)))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.to, err, tt.want)
		}
	}
}

// At the real size: whole expert matrices are shards, resident tensors never share one
// with an expert, and all shards are of the promised size.
func TestPlanOfMixtral(t *testing.T) {
	c := mustConfig(t, mixtral)
	for _, tt := range []struct {
		format       quant.Format
		expertShards int // of one matrix
		most         int64
		gb           float64
	}{
		{quant.Q4, 1, 64 << 20, 26.3}, {quant.Q8, 1, 64 << 20, 49.6}, {quant.F16, 2, 64 << 20, 93.4}, {quant.F32, 4, 64 << 20, 186.8},
	} {
		p, err := NewPlan(c, tt.format, HeadFormat(tt.format))
		if err != nil {
			t.Fatal(err)
		}
		if got := float64(p.Bytes()) / 1e9; got < tt.gb-0.3 || got > tt.gb+0.3 {
			t.Errorf("%v: %.1f GB, want about %.1f", tt.format, got, tt.gb)
		}
		matrices, small := 0, 0
		for i, s := range p.Shards {
			var end int64
			experts := 0
			for _, ref := range s.Parts {
				tensor := p.Tensors[ref.Tensor]
				part := tensor.Parts[ref.Part]
				if part.Offset < end || part.Offset%256 != 0 || part.Length%4 != 0 {
					t.Fatalf("%v: shard %d: %s begins at %d behind %d", tt.format, i, tensor.Name, part.Offset, end)
				}
				end = part.Offset + part.Length
				if IsExpert(tensor.Name) {
					experts++
				}
			}
			if end != s.Bytes || s.Bytes > tt.most {
				t.Errorf("%v: shard %d has %d bytes, its parts end at %d", tt.format, i, s.Bytes, end)
			}
			if s.Bytes < minShard {
				small++
			}
			if experts > 0 {
				matrices++
				if len(s.Parts) != 1 {
					t.Errorf("%v: shard %d holds %d parts, %d of experts", tt.format, i, len(s.Parts), experts)
				}
			}
		}
		if want := 32 * 8 * 3 * tt.expertShards; matrices != want || small > 1 {
			t.Errorf("%v: %d shards of experts, want %d; %d are too small", tt.format, matrices, want, small)
		}
		for _, tensor := range p.Tensors {
			for _, part := range tensor.Parts[:len(tensor.Parts)-1] {
				if part.Rows%32 != 0 {
					t.Errorf("%v: %s has a part of %d rows", tt.format, tensor.Name, part.Rows)
				}
			}
		}
	}
}

func TestPlanOfWideMatrix(t *testing.T) {
	c := mustConfig(t, small)
	c.HiddenDim = maxSize
	p, err := NewPlan(c, quant.F32, quant.F32)
	if err != nil {
		t.Fatal(err)
	}
	if m := p.Manifest(testNames(p)); m.check() != nil {
		t.Error(m.check())
	}
	if _, err := NewPlan(c, quant.Q4, quant.Q4); err == nil {
		t.Error("lm_head in q4 was planned")
	}
}

func testNames(p *Plan) []string {
	names := make([]string, len(p.Shards))
	for i := range names {
		sum := sha256.Sum256([]byte{byte(i), byte(i >> 8)})
		names[i] = hex.EncodeToString(sum[:])
	}
	return names
}

func testManifest(t testing.TB) *Manifest {
	p, err := NewPlan(mustConfig(t, small), quant.Q4, quant.Q8)
	if err != nil {
		t.Fatal(err)
	}
	m := p.Manifest(testNames(p))
	m.Name = "small"
	m.Tokenizer = Tokenizer{Kind: KindSentencePiece, File: "tokenizer.model", SHA256: strings.Repeat("0a", 32), VocabSize: 100}
	return m
}

func TestManifest(t *testing.T) {
	m := testManifest(t)
	raw, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseManifest(raw)
	if err != nil {
		t.Fatal(err)
	}
	qkv, err := got.Tensor(Layer(1, QKV))
	if err != nil || qkv.Rows() != 128 || qkv.Cols() != 64 || qkv.Bytes() != 128*64*9/16 || qkv.Format != quant.Q4 {
		t.Errorf("qkv is %+v, %v", qkv, err)
	}
	norm, err := got.Tensor(Norm)
	if err != nil || norm.Rows() != 1 || norm.Cols() != 64 {
		t.Errorf("norm is %+v, %v", norm, err)
	}
	if _, err := got.Tensor("layers.2.qkv"); err == nil || !strings.Contains(err.Error(), `"layers.2.qkv"`) {
		t.Errorf("a tensor that is not there: %v", err)
	}
	again, err := got.Marshal()
	if err != nil || !bytes.Equal(raw, again) {
		t.Errorf("marshalled again, the manifest differs (%v)", err)
	}
}

func TestManifestRefuses(t *testing.T) {
	sha := strings.Repeat("ab", 32)
	for _, tt := range []struct {
		name   string
		change func(m *Manifest)
		want   string
	}{
		{"template", func(m *Manifest) { m.Template = "chatml" }, `template is "chatml"`},
		{"temperature", func(m *Manifest) { m.Generation.Temperature = -1 }, "temperature must be"},
		{"missing tensor", func(m *Manifest) { m.Tensors = m.Tensors[1:] }, `tensor "embed" is missing`},
		{"unknown tensor", func(m *Manifest) { m.Tensors = append(m.Tensors, Tensor{Name: "bias", Shape: []int{1}}) }, `"bias" belongs to no Mixtral`},
		{"tensor twice", func(m *Manifest) { m.Tensors = append(m.Tensors, m.Tensors[3]) }, "is listed twice"},
		{"shape", func(m *Manifest) { m.Tensors[2].Shape = []int{64, 128} }, `"layers.0.qkv" has the shape [64 128]; the config makes it [128 64]`},
		{"format", func(m *Manifest) { m.Tensors[1].Format = quant.Q4 }, `"layers.0.attn_norm" is q4; the manifest makes it f32`},
		{"head", func(m *Manifest) { m.HeadFormat = quant.Q4 }, "embedding and lm_head cannot be q4"},
		{"unaligned", func(m *Manifest) { m.Tensors[1].Parts[0].Offset += 4 }, "not a multiple of 256"},
		{"negative", func(m *Manifest) { m.Tensors[1].Parts[0].Offset = -256 }, "begins at byte -256"},
		{"beyond", func(m *Manifest) { m.Tensors[1].Parts[0].Offset = 1<<63 - 256 }, "ends at byte"},
		{"length", func(m *Manifest) { m.Tensors[1].Parts[0].Length = 1 << 62 }, "1 rows of f32 have 256"},
		{"rows", func(m *Manifest) { m.Tensors[0].Parts[0].Rows = 99 }, "bytes; 99 rows of q8 have"},
		{"rows overflow", func(m *Manifest) { m.Tensors[0].Parts[0].Rows = 1<<63 - 1 }, "rows from 0 on"},
		{"gap", func(m *Manifest) { m.Tensors[0].Parts[0].Row0 = 1 }, "of 100 rows, 0 are covered"},
		{"no parts", func(m *Manifest) { m.Tensors[0].Parts = nil }, "its parts cover 0 rows of 100"},
		{"unlisted shard", func(m *Manifest) { m.Tensors[0].Parts[0].Shard = sha }, "is not listed"},
		{"shard name", func(m *Manifest) { m.Shards[0].SHA256 = "../../etc/passwd" }, "64 hexadecimal digits"},
		{"shard twice", func(m *Manifest) { m.Shards = append(m.Shards, m.Shards[0]) }, "is listed twice"},
		{"shard size", func(m *Manifest) { m.Shards[0].Bytes = -1 }, "has -1 bytes"},
		{"short shard", func(m *Manifest) { m.Shards[0].Bytes = 512 }, "which has 512"},
		{"tokenizer path", func(m *Manifest) { m.Tokenizer.File = "../x" }, "plain file name"},
		{"tokenizer kind", func(m *Manifest) { m.Tokenizer.Kind = "tiktoken" }, `tokenizer kind is "tiktoken"`},
		{"tokenizer size", func(m *Manifest) { m.Tokenizer.VocabSize = 99 }, "tokenizer has 99 pieces; the model's vocabulary has 100"},
		{"config", func(m *Manifest) { m.Config.NExperts = 0 }, "num_local_experts is 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := testManifest(t)
			tt.change(m)
			if _, err := m.Marshal(); err == nil {
				t.Error("Marshal took it")
			}
			raw, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ParseManifest(raw)
			if err == nil || got != nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	for text, want := range map[string]string{
		"":                              "damaged or no manifest",
		"{}":                            "format version 0",
		`{"version": 2}`:                "newer than this mixtab's (1): update mixtab",
		`{"version": 2, "tensors": 7}`:  "newer than this mixtab's (1): update mixtab",
		`{"version": 2, "format":"q5"}`: "newer than this mixtab's (1): update mixtab",
		`{"version": 1, "format":"q5"}`: `unknown weight format "q5"`,
		`{"version": 1, "tensors": 7}`:  "cannot unmarshal",
	} {
		if _, err := ParseManifest([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// FuzzParseManifest: whatever parses lies inside its shards, and marshals to something
// that parses to the same.
func FuzzParseManifest(f *testing.F) {
	c := mustConfig(f, small) // smaller still: the fuzzer is slow with long inputs
	c.NLayers, c.NExperts, c.NExpertsPerTok = 1, 1, 1
	p, err := NewPlan(c, quant.Q4, quant.Q8)
	if err != nil {
		f.Fatal(err)
	}
	raw, err := json.Marshal(p.Manifest(testNames(p)))
	if err != nil {
		f.Fatal(err)
	}
	if _, err := ParseManifest(raw); err != nil {
		f.Fatal(err)
	}
	seeds := [][]byte{raw, []byte(`{"version":1}`), bytes.Replace(raw, []byte(`"row0":0`), []byte(`"row0":-1`), 1),
		bytes.Replace(raw, []byte(`"offset":0`), []byte(`"offset":9223372036854775552`), 1)}
	if len(seeds) < 4 || len(raw) < 1000 {
		f.Fatal("the seed corpus is empty")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ParseManifest(data)
		if err != nil {
			if m != nil {
				t.Error("a manifest came with an error")
			}
			return
		}
		size := map[string]int64{}
		for _, s := range m.Shards {
			size[s.SHA256] = s.Bytes
		}
		for _, tensor := range m.Tensors {
			for _, p := range tensor.Parts {
				if p.Offset < 0 || p.Length <= 0 || p.Offset+p.Length > size[p.Shard] {
					t.Fatalf("%s: part %+v lies outside its shard", tensor.Name, p)
				}
			}
		}
		out, err := m.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseManifest(out)
		if err != nil {
			t.Fatal(err)
		}
		if out2, _ := again.Marshal(); !bytes.Equal(out, out2) {
			t.Fatal("the manifest changes when it is read and written")
		}
	})
}

// fakeDevice and fakeBuffer hold what is written to them.
type fakeDevice struct{ gpu.Device }

type fakeBuffer struct {
	gpu.Buffer
	data []byte
}

func (fakeDevice) Write(b gpu.Buffer, offset int, data []byte) error {
	copy(b.(*fakeBuffer).data[offset:], data)
	return nil
}

func TestMemory(t *testing.T) {
	shard := bytes.Repeat([]byte("0123456789abcdef"), 64)
	sum := sha256.Sum256(shard)
	name := hex.EncodeToString(sum[:])
	ctx := context.Background()
	mem := &Memory{Shards: map[string][]byte{name: shard}}
	buf := &fakeBuffer{data: make([]byte, 64)}
	if err := mem.Source(fakeDevice{}).Load(ctx, Part{Shard: name, Offset: 256, Length: 32}, buf, 16); err != nil {
		t.Fatal(err)
	}
	if want := append(append(make([]byte, 16), shard[:32]...), make([]byte, 16)...); !bytes.Equal(buf.data, want) {
		t.Errorf("loaded %q", buf.data)
	}
	bad := &Memory{Shards: map[string][]byte{name: append([]byte("x"), shard[1:]...)}}
	for what, err := range map[string]error{
		"corrupt":  bad.Source(fakeDevice{}).Load(ctx, Part{Shard: name, Length: 32}, buf, 0),
		"missing":  mem.Source(fakeDevice{}).Load(ctx, Part{Shard: "x", Length: 32}, buf, 0),
		"too long": mem.Source(fakeDevice{}).Load(ctx, Part{Shard: name, Offset: 1024, Length: 32}, buf, 0),
	} {
		if !errors.Is(err, ErrBadShard) {
			t.Errorf("%s: %v, want ErrBadShard", what, err)
		}
	}
}
