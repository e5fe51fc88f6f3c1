// Package kerneltest checks every kernel on any gpu.Device. What a kernel should give
// is computed here from dense float64 tensors by the formula of its paper, not by its
// twin in engine/ref, so that the twins are judged too.
//
// Outputs are compared with a tolerance that scales with Σ|a·b|; integers exactly.
// Around every output lie canary words, and what a kernel must leave alone is compared
// bit by bit.
package kerneltest

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/quant"
)

// RunAll runs the suite. It fails where a kernel ran without being compared.
func RunAll(t *testing.T, dev gpu.Device) {
	s := &suite{dev: dev, pipes: kernel.NewPipelines(dev), tuning: kernel.TuningFor(dev.Info())}
	s.variants = variantsFor(s.tuning, dev.Info())
	t.Logf("%s: %s (%s)", dev.Info().Driver, dev.Info().Adapter, dev.Info().Kind)
	for _, k := range []struct {
		stem string
		test func(*testing.T, *suite)
	}{
		{"copy", testCopy},
		{"fma", testFMA},
		{"embed", testEmbed},
		{"rmsnorm", testRMSNorm},
		{"matmul", testMatmul},
		{"qkv", testQKV},
		{"kv_quantise", testKVQuantise},
		{"attention", testAttention},
		{"attention_reduce", testAttentionReduce},
		{"attention_tiled", testAttentionTiled},
		{"router", testRouter},
		{"moe_gate_up", testMoEGateUp},
		{"moe_down", testMoEDown},
		{"moe_plan", testMoEPlan},
		{"moe_gate_up_grouped", testMoEGateUpGrouped},
		{"moe_down_grouped", testMoEDownGrouped},
		{"moe_combine", testMoECombine},
		{"sample", testSample},
	} {
		t.Run(k.stem, func(t *testing.T) {
			s.compared = 0
			k.test(t, s)
			if s.compared == 0 && !t.Failed() {
				t.Error("nothing was compared")
			}
			t.Logf("%d numbers compared", s.compared)
		})
	}
}

type suite struct {
	dev      gpu.Device
	pipes    *kernel.Pipelines
	tuning   kernel.Tuning
	variants []kernel.Tuning // the other ways to multiply that the device can
	compared int             // numbers of the kernel at hand
}

// otherTuning is one that no table of tunings has, for loops that must derive from the
// constants.
var otherTuning = kernel.Tuning{
	Decode:  kernel.Product{Sharing: kernel.Thread, Arithmetic: kernel.F32, WG: 48, Team: 1, Rows: 6, Tile: 1},
	Prefill: kernel.Product{Sharing: kernel.Thread, Arithmetic: kernel.F32, WG: 48, Team: 1, Rows: 6, Tile: 3},
	RowWG:   48, ReduceWG: 24, AttentionWG: 64, SampleWG: 128, Chunk: 32,
}

// variantsFor are otherTuning, that of a model of Mixtral's width, and tunings that have each
// variant of the table once for one token and once for a chunk, where it can.
func variantsFor(t kernel.Tuning, info gpu.Info) []kernel.Tuning {
	all := []kernel.Tuning{otherTuning, kernel.TuningForModel(info, 4096)}
	for _, p := range kernel.DecodeVariants(info) {
		t.Decode, t.Prefill = p, p
		t.Prefill.Tile = 3
		all = append(all, t)
	}
	for _, p := range kernel.PrefillVariants(info) {
		t.Decode, t.Prefill = otherTuning.Decode, p
		all = append(all, t)
	}
	return all
}

// variantsOf are those that kernels of a format are tried in: one of each way to share the
// work, in each arithmetic that the format can have, and the largest blocks. Each takes a
// compilation.
func (s *suite) variantsOf(f quant.Format) []kernel.Tuning {
	var some []kernel.Tuning
	seen := map[[4]string]bool{}
	for _, v := range s.variants {
		way := [4]string{string(v.Decode.Sharing), string(v.Prefill.Sharing), string(v.Decode.Arithmetic)}
		quantised := f == quant.Q4 || f == quant.Q8
		if v.Prefill.Rows >= 16 && quantised {
			way[3] = "large"
		}
		if !seen[way] && (quantised || v.Decode.Arithmetic == kernel.F32) {
			seen[way] = true
			some = append(some, v)
		}
	}
	return some
}

// looseness is by what a product's arithmetic makes the tolerance of sums larger: a
// rounding of activations to 11 or 8 bits against some of float32.
func looseness(p kernel.Product, f quant.Format) float64 {
	if f == quant.Q4 || f == quant.Q8 {
		switch p.Arithmetic {
		case kernel.F16:
			return 1e3
		case kernel.Int8:
			return 1e4
		}
	}
	return 1
}

// A trial is one case of one kernel: its buffers, and numbers that are the same in
// every run.
type trial struct {
	*testing.T
	*suite
	ctx     context.Context
	rng     *rand.Rand
	loose   float64 // times the tolerance
	buffers []gpu.Buffer
}

// try runs a case as a subtest.
func (s *suite) try(t *testing.T, name string, do func(*trial)) {
	t.Run(name, func(t *testing.T) {
		seed := fnv.New64()
		seed.Write([]byte(name))
		c := &trial{T: t, suite: s, ctx: t.Context(), rng: rand.New(rand.NewPCG(seed.Sum64(), 1)), loose: 1}
		defer func() {
			s.pipes.Close()
			for _, b := range c.buffers {
				b.Release()
			}
		}()
		before := s.compared
		do(c)
		if s.compared == before && !t.Failed() && !t.Skipped() {
			t.Error("nothing was compared")
		}
	})
}

// normal gives n numbers around 0.
func (c *trial) normal(n int, spread float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(c.rng.NormFloat64() * spread)
	}
	return x
}

// margin is what lies around a binding's words in its buffer: an offset's alignment.
const margin = 256

// place allocates a buffer with words in its middle, between canaries.
func (c *trial) place(words []uint32, canary func(i int) uint32) gpu.Binding {
	c.Helper()
	bytes := make([]byte, 0, 2*margin+4*len(words))
	for i := range margin / 4 {
		bytes = binary.LittleEndian.AppendUint32(bytes, canary(i))
	}
	for _, w := range words {
		bytes = binary.LittleEndian.AppendUint32(bytes, w)
	}
	for i := range margin / 4 {
		bytes = binary.LittleEndian.AppendUint32(bytes, canary(margin/4+i))
	}
	b, err := c.dev.NewBuffer(c.ctx, c.Name(), gpu.Storage, len(bytes))
	if err != nil {
		c.Fatal(err)
	}
	c.buffers = append(c.buffers, b)
	if err := c.dev.Write(b, 0, bytes); err != nil {
		c.Fatal(err)
	}
	return gpu.Binding{Buffer: b, Offset: margin, Size: 4 * len(words)}
}

// words is an input. Around it lie NaNs, which spoil every sum that they get into.
func (c *trial) words(words ...uint32) gpu.Binding {
	c.Helper()
	return c.place(words, func(int) uint32 { return 0x7fc00000 })
}

// floats is an input.
func (c *trial) floats(x []float32) gpu.Binding {
	c.Helper()
	return c.words(bits(x)...)
}

// state is the state of a pass of n tokens from pos on.
func (c *trial) state(pos, n int) gpu.Binding {
	c.Helper()
	return c.words(uint32(pos), uint32(n), 0, 0, 0, 0, 0, 0)
}

func bits(x []float32) []uint32 {
	w := make([]uint32, len(x))
	for i, v := range x {
		w[i] = math.Float32bits(v)
	}
	return w
}

// A dense is a matrix as numbers.
type dense struct {
	rows, cols int
	values     []float32
}

func (m dense) row(r int) []float32 { return m.values[r*m.cols : (r+1)*m.cols] }

// encoded quantises numbers with a format. It returns the bytes, padded to the 16 that
// kernels read at once, and the matrix that they stand for.
func (c *trial) encoded(f quant.Format, rows, cols int) ([]byte, dense) {
	c.Helper()
	values := c.normal(rows*cols, 1)
	bytes := make([]byte, f.Bytes(rows, cols))
	if err := quant.Quantise(f, bytes, values, rows, cols); err != nil {
		c.Fatal(err)
	}
	quant.Dequantise(f, values, bytes, rows, cols)
	return append(bytes, make([]byte, -len(bytes)&15)...), dense{rows, cols, values}
}

// weights is an input: a matrix in a format, and what it stands for.
func (c *trial) weights(f quant.Format, rows, cols int) (gpu.Binding, dense) {
	c.Helper()
	bytes, m := c.encoded(f, rows, cols)
	return c.words(asWords(bytes)...), m
}

func asWords(bytes []byte) []uint32 {
	words := make([]uint32, len(bytes)/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(bytes[4*i:])
	}
	return words
}

// run compiles the calls and submits them once.
func (c *trial) run(calls ...kernel.Call) {
	c.Helper()
	if err := c.dev.Submit(c.compile(calls...)); err != nil {
		c.Fatal(err)
	}
}

func (c *trial) compile(calls ...kernel.Call) gpu.Program {
	c.Helper()
	prog, err := c.pipes.Compile(c.ctx, c.Name(), calls)
	if err != nil {
		c.Fatal(err)
	}
	return prog
}

// An output is a binding that a kernel writes, what it held before, and what it should
// hold after: the same, but for what is told.
type output struct {
	c       *trial
	binding gpu.Binding
	before  []uint32
	want    []want
}

type want struct {
	kind  wantKind
	word  uint32
	value float64
	tol   float64

	highValue, highTol float64 // of isHalves
}

type wantKind uint8

const (
	isSame   wantKind = iota // as before
	isWord                   // exactly this word
	isNear                   // this number, within tol
	isHalves                 // two binary16, each within its tolerance
	skipped                  // not compared: one of too many to compute
)

func canary(i int) uint32 { return 0xc0ffee00 + uint32(i) }

// output is n words that hold no sensible number.
func (c *trial) output(n int) *output {
	c.Helper()
	before := make([]uint32, n)
	for i := range before {
		before[i] = 0xdeadbeef ^ uint32(i)<<4
	}
	return c.outputOf(before)
}

func (c *trial) outputOf(before []uint32) *output {
	c.Helper()
	return &output{c: c, before: before, binding: c.place(before, canary), want: make([]want, len(before))}
}

// near says that number i should be v, or within tol of it.
func (o *output) near(i int, v, tol float64) {
	o.want[i] = want{kind: isNear, value: v, tol: o.c.loose * tol}
}

// halves says what the two binary16 of word i should be.
func (o *output) halves(i int, low, lowTol, high, highTol float64) {
	o.want[i] = want{kind: isHalves, value: low, tol: lowTol, highValue: high, highTol: highTol}
}

// word says what word i should be.
func (o *output) word(i int, v uint32) { o.want[i] = want{kind: isWord, word: v} }

// sampled says that only what is told from here on is compared.
func (o *output) sampled() {
	for i := range o.want {
		o.want[i].kind = skipped
	}
}

// read returns the output's words and checks the canaries.
func (o *output) read() []uint32 {
	o.c.Helper()
	bytes := make([]byte, o.binding.Buffer.Size())
	if err := gpu.ReadInto(o.c.ctx, o.c.dev, o.binding.Buffer, 0, bytes); err != nil {
		o.c.Fatal(err)
	}
	all := asWords(bytes)
	const w = margin / 4
	for i := range w {
		if all[i] != canary(i) {
			o.c.Errorf("%d words before the output: %#x", w-i, all[i])
		}
		if end := w + len(o.before); all[end+i] != canary(w+i) {
			o.c.Errorf("%d words behind the output: %#x", i+1, all[end+i])
		}
	}
	return all[w : w+len(o.before)]
}

// check reads the output and compares it.
func (o *output) check(what string) {
	o.c.Helper()
	bad := 0
	report := func(format string, args ...any) {
		o.c.Helper()
		if bad++; bad <= 5 {
			o.c.Errorf(what+format, args...)
		}
	}
	for i, got := range o.read() {
		v := float64(math.Float32frombits(got))
		switch w := o.want[i]; w.kind {
		case isSame:
			if got != o.before[i] {
				report("[%d] was to stay %#x, got %#x (%v)", i, o.before[i], got, v)
			}
			continue
		case isWord:
			if got != w.word {
				report("[%d] = %d (%#x), want %d", i, got, got, w.word)
			}
		case isNear:
			if diff := math.Abs(v - w.value); !(diff <= w.tol) {
				report("[%d] = %v, want %v, off by %.3g, tolerance %.3g", i, v, w.value, diff, w.tol)
			}
		case isHalves:
			low, high := float64(quant.FromF16(uint16(got))), float64(quant.FromF16(uint16(got>>16)))
			if !(math.Abs(low-w.value) <= w.tol && math.Abs(high-w.highValue) <= w.highTol) {
				report("[%d] = %v and %v, want %v and %v", i, low, high, w.value, w.highValue)
			}
		case skipped:
			continue
		}
		o.c.compared++
	}
	if bad > 5 {
		o.c.Errorf("%s: %d of %d numbers are wrong", what, bad, len(o.before))
	}
}

// roundoff is the tolerance of a sum of products, for 1 of Σ|a·b|: some float32 roundings.
const roundoff = 2e-6

// product is Σ a·b, and Σ |a·b| as a tolerance.
func product(a, b []float32) (sum, tol float64) {
	for i, v := range a {
		p := float64(v) * float64(b[i])
		sum += p
		tol += math.Abs(p)
	}
	return sum, roundoff*tol + 1e-30
}

func silu(x float64) float64 { return x / (1 + math.Exp(-x)) }

// around gives the sizes at which loops over tiles of n go wrong.
func around(n int) []int {
	var sizes []int
	for _, size := range []int{1, n - 1, n, n + 1, 2*n + 3} {
		if size > 0 && (len(sizes) == 0 || size > sizes[len(sizes)-1]) {
			sizes = append(sizes, size)
		}
	}
	return sizes
}

func name(format string, args ...any) string { return fmt.Sprintf(format, args...) }
