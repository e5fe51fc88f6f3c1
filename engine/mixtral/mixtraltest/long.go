package mixtraltest

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/mixtral"
	"mixtab/engine/quant"
	"mixtab/engine/ref"
	"mixtab/engine/sample"
	"mixtab/engine/weights"
)

// longest is Mixtral's context.
const longest = 32768

// Needle holds a device to finding what stands far back in 32,768 tokens of context.
func Needle(t *testing.T, dev gpu.Device) {
	for _, kv := range kernel.KVFormats {
		t.Run(kv.String(), func(t *testing.T) { needle(t, dev, kv) })
	}
}

// FarBack holds a device, at the end of 32,768 tokens of context, to what the reference computes.
func FarBack(t *testing.T, dev gpu.Device) {
	for _, kv := range kernel.KVFormats {
		t.Run(kv.String(), func(t *testing.T) { farBack(t, dev, kv) })
	}
}

// A long model's keys and values are made without a pass: of every token by itself, from its
// embedding alone, so that 32,768 of them take as many times one. In a model of one layer
// that is what passes make.
type long struct {
	t     *testing.T
	m     *mixtral.Model
	dev   *labelled
	fills gpu.Program
}

// labelled is a device that knows its buffers by their labels.
type labelled struct {
	gpu.Device
	buffers map[string]gpu.Buffer
}

func (d *labelled) NewBuffer(ctx context.Context, label string, usage gpu.Usage, size int) (gpu.Buffer, error) {
	b, err := d.Device.NewBuffer(ctx, label, usage, size)
	d.buffers[label] = b
	return b, err
}

// binding is the whole of a buffer.
func (d *labelled) binding(label string) gpu.Binding { return gpu.Binding{Buffer: d.buffers[label]} }

func openLong(t *testing.T, dev gpu.Device, pack *weights.Memory, man *weights.Manifest, kv kernel.KVFormat) *long {
	t.Helper()
	d := &labelled{dev, map[string]gpu.Buffer{}}
	m, err := mixtral.Load(t.Context(), d, pack.Source(dev), man, mixtral.Options{Context: longest, KV: kv})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	c, tuning, n := man.Config, kernel.TuningFor(dev.Info()), m.ChunkTokens()
	h := kernel.Heads{NHeads: c.NHeads, NKVHeads: c.NKVHeads, HeadDim: c.HeadDim}
	state, x, normed := d.binding("state"), d.binding("x"), d.binding("h")
	calls := []kernel.Call{kernel.Embed(tuning, man.HeadFormat, d.binding("tokens"), state, d.binding(weights.Embed), x, n, c.Dim, c.VocabSize, 0)}
	for l := range c.NLayers {
		cache := kernel.KV{Format: kv, K: d.binding(fmt.Sprintf("layers.%d key cache of %d tokens", l, longest)),
			V: d.binding(fmt.Sprintf("layers.%d value cache of %d tokens", l, longest)), Context: longest}
		k, v := cache.K, cache.V
		if kv == kernel.KVQ8 {
			k, v = d.binding("new keys"), d.binding("new values")
		}
		calls = append(calls,
			kernel.RMSNorm(tuning, x, d.binding(weights.Layer(l, weights.AttnNorm)), state, normed, n, c.Dim, float32(c.NormEps), false),
			kernel.QKV(tuning, man.Format, kv, normed, state, d.binding(weights.Layer(l, weights.QKV)), d.binding("rope"), d.binding("q"), k, v, n, c.Dim, h))
		if kv == kernel.KVQ8 {
			calls = append(calls, kernel.KVQuantise(tuning, k, v, state, cache, n, h))
		}
	}
	pipelines := kernel.NewPipelines(d)
	t.Cleanup(pipelines.Close)
	fills, err := pipelines.Compile(t.Context(), "fill", calls)
	if err != nil {
		t.Fatal(err)
	}
	return &long{t, m, d, fills}
}

// fill makes the keys and values of tokens at pos.
func (l *long) fill(pos int, tokens []int32) {
	l.t.Helper()
	for first := 0; first < len(tokens); first += l.m.ChunkTokens() {
		piece := tokens[first:min(first+l.m.ChunkTokens(), len(tokens))]
		ids, _ := binary.Append(nil, binary.LittleEndian, piece)
		state, _ := binary.Append(nil, binary.LittleEndian, []uint32{uint32(pos + first), uint32(len(piece))})
		for label, words := range map[string][]byte{"tokens": ids, "state": state} {
			if err := l.dev.Write(l.dev.buffers[label], 0, words); err != nil {
				l.t.Fatal(err)
			}
		}
		if err := l.dev.Submit(l.fills); err != nil {
			l.t.Fatal(err)
		}
	}
}

// begin makes the cache hold tokens and no others.
func (l *long) begin(tokens []int32) {
	l.t.Helper()
	l.m.Cache().Truncate(0)
	l.fill(0, tokens)
	for _, id := range tokens {
		l.m.Accept(id)
	}
}

// answer runs a prompt behind what the cache holds, and gives the greedy tokens that follow.
func (l *long) answer(prompt []int32, n int) []int32 {
	l.t.Helper()
	if err := l.m.Begin(sample.Config{}); err != nil {
		l.t.Fatal(err)
	}
	if err := l.m.Prefill(l.t.Context(), prompt); err != nil {
		l.t.Fatal(err)
	}
	step, err := l.m.SampleFirst()
	var tokens []int32
	for {
		if err != nil {
			l.t.Fatal(err)
		}
		token, err2 := step.Wait(l.t.Context())
		if err2 != nil {
			l.t.Fatal(err2)
		}
		if tokens = append(tokens, token); len(tokens) == n {
			return tokens
		}
		step, err = l.m.Decode(l.t.Context(), len(tokens))
	}
}

// What the tokens of the needle's model are.
const (
	codes    = 16
	needles  = 1   // and on: a needle with a code
	question = 50  // what was the needle's code?
	answers  = 60  // and on: a code, and the question again
	hay      = 100 // and on: nothing, with a code
)

// needle hides a token far back, and a question at the end that only it answers. The model is
// made by hand: one layer, whose attention looks for what is marked as a needle and
// copies its code. Two in three of the tokens between are like it but for the mark.
func needle(t *testing.T, dev gpu.Device, kv kernel.KVFormat) {
	pack, man := needleModel(t)
	l := openLong(t, dev, pack, man, kv)
	tokens := make([]int32, longest-8)
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range tokens {
		tokens[i] = int32(hay + rng.IntN(400))
	}
	l.begin(tokens)
	for i, depth := range []int{0, 1, 2047, 2048, 16000, 31000, len(tokens) - 1} {
		code := int32(i*7%codes + 1)
		l.fill(depth, []int32{needles + code - 1})
		l.m.Cache().Truncate(len(tokens))
		for j, got := range l.answer([]int32{hay + 3, hay + 5, question}, 3) {
			if want := answers + code - 1; got != want {
				t.Errorf("needle %d at %d: token %d of the answer is %d, want %d", code, depth, j, got, want)
			}
		}
		l.fill(depth, tokens[depth:depth+1])
	}
}

func needleModel(t *testing.T) (*weights.Memory, *weights.Manifest) {
	t.Helper()
	c, err := weights.ParseConfig([]byte(`{"architectures": ["MixtralForCausalLM"], "hidden_size": 64, "intermediate_size": 32,
		"max_position_embeddings": 32768, "num_attention_heads": 2, "num_experts_per_tok": 2, "num_hidden_layers": 1,
		"num_key_value_heads": 1, "num_local_experts": 8, "rms_norm_eps": 1e-05, "rope_theta": 1e6, "vocab_size": 512}`))
	if err != nil {
		t.Fatal(err)
	}
	// Of the stream's 64 numbers, one marks needles and one the question; then follow the
	// code of the token and the code of the answer.
	const marked, asks, code, answer = 8, 9, 16, 48
	rng := rand.New(rand.NewPCG(5, 6))
	return packed(t, c, quant.F32, func(name string, row0 int, values []float32) {
		set := func(row, col, cols int, v float32) { values[row*cols+col] = v }
		switch name {
		case weights.Norm, weights.Layer(0, weights.AttnNorm), weights.Layer(0, weights.FFNNorm):
			for i := range values {
				values[i] = 1
			}
		case weights.Embed:
			for i := range codes {
				set(needles+i, marked, 64, 1)
				set(needles+i, code+i, 64, 1)
				set(answers+i, asks, 64, 1)
			}
			set(question, asks, 64, 1)
			for id := hay; id < 512; id++ {
				set(id, code+id%codes, 64, 1)
				if id%3 == 0 {
					set(id, marked+2, 64, 1)
				}
			}
		case weights.Layer(0, weights.QKV):
			for head := range 2 {
				for i := range 32 { // queries; the slowest rotation, 0.08 in 32,768 positions, compares marks
					set(head*32+i, asks, 64, float32(rng.NormFloat64())/8)
				}
				set(head*32+15, asks, 64, 2)
			}
			for i := range 32 { // keys, with noise
				for j := range codes {
					set(64+i, code+j, 64, float32(rng.NormFloat64())/4)
				}
			}
			set(64+15, marked, 64, 2)
			for i := range codes { // values
				set(96+i, code+i, 64, 1)
				set(96+codes+i, code+i, 64, float32(rng.NormFloat64()))
			}
		case weights.Layer(0, weights.Output):
			for i := range codes {
				set(answer+i, i, 64, 1)
			}
		case weights.LMHead:
			for i := range codes {
				set(answers+i, answer+i, 64, 1)
			}
		}
	})
}

// farBack compares the logits of a random model behind 32,700 tokens with those of the
// reference, of tokens that ran together and of tokens that ran one by one.
func farBack(t *testing.T, dev gpu.Device, kv kernel.KVFormat) {
	c, err := weights.ParseConfig([]byte(`{"architectures": ["MixtralForCausalLM"], "hidden_size": 64, "intermediate_size": 64,
		"max_position_embeddings": 32768, "num_attention_heads": 4, "num_experts_per_tok": 2, "num_hidden_layers": 2,
		"num_key_value_heads": 2, "num_local_experts": 8, "rms_norm_eps": 1e-05, "rope_theta": 1e6, "vocab_size": 512}`))
	if err != nil {
		t.Fatal(err)
	}
	pack, man := packed(t, c, quant.F32, random())
	tokens := make([]int32, 32700)
	for i := range tokens {
		tokens[i] = int32(1 + i*37%509)
	}
	prompt := []int32{4, 8, 15, 16, 23, 42}
	var want []float32
	for _, d := range []gpu.Device{ref.New(), dev} {
		l := openLong(t, d, pack, man, kv)
		l.begin(tokens)
		var got []float32
		for _, pieces := range [][][]int32{{prompt}, {prompt[:2], prompt[2:3], prompt[3:]}} {
			l.m.Cache().Truncate(len(tokens))
			for _, piece := range pieces {
				if err := l.m.Prefill(t.Context(), piece); err != nil {
					t.Fatal(err)
				}
			}
			logits, err := l.m.Logits(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, logits...)
		}
		if want == nil {
			want = got
			continue
		}
		// A number that one device rounds up and the other down is off by a step.
		tol := map[kernel.KVFormat]float64{kernel.KVF32: 1e-4, kernel.KVF16: 3e-4, kernel.KVQ8: 2e-3}[kv]
		worst := 0.0
		for i := range want {
			if diff := math.Abs(float64(got[i] - want[i])); !(diff <= worst) {
				worst = diff
			}
		}
		t.Logf("off by at most %.2g", worst)
		if !(worst <= tol) {
			t.Errorf("logits are off by %.3g, tolerance %.3g", worst, tol)
		}
	}
}
