package main

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mixtab/engine/experts"
	"mixtab/engine/gpu"
	"mixtab/engine/mixtral"
	"mixtab/engine/quant"
	"mixtab/engine/ref"
	"mixtab/engine/weights"
	"mixtab/packdir"
)

// routes runs random tokens through a pack and records what its routers choose.
func routes(t *testing.T, dev gpu.Device, dir string, tokens int) *experts.Trace {
	t.Helper()
	p, err := packdir.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	src := p.Source(dev)
	raw, err := src.Manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	man, err := weights.ParseManifest(raw)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mixtral.Load(t.Context(), dev, src, man, mixtral.Options{Context: tokens})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	rng := rand.New(rand.NewPCG(1, 1))
	c := man.Config
	trace := &experts.Trace{Layers: c.NLayers, Experts: c.NExperts, TopK: c.NExpertsPerTok}
	for len(trace.Tokens) < tokens {
		ids := make([]int32, min(m.ChunkTokens(), tokens-len(trace.Tokens)))
		for i := range ids {
			ids[i] = int32(3 + rng.IntN(c.VocabSize-3))
		}
		if err := m.PrefillChunk(t.Context(), ids); err != nil {
			t.Fatal(err)
		}
		chunk := make([]experts.Token, len(ids))
		for layer := range c.NLayers {
			chosen, err := m.Routes(t.Context(), layer, len(ids))
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range chosen {
				tok := &chunk[i/c.NExpertsPerTok]
				tok.Experts = append(tok.Experts, r.Expert)
			}
		}
		trace.Tokens = append(trace.Tokens, chunk...)
	}
	logits, err := m.Logits(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range logits {
		if !(math.Abs(float64(x)) < 100) {
			t.Fatalf("logit %d is %v", i, x)
		}
	}
	return trace
}

// habits are what a trace shows of its routers: the exponent of Zipf's law that the
// layers' favourites follow, the share of the least used expert of any layer, and how much
// likelier than by chance a token repeats an expert of the one before.
func habits(trace *experts.Trace) (zipf, rarest, reuse float64) {
	shares := make([]float64, trace.Experts) // by rank
	rarest = 1
	var repeated, expected, uses float64
	for layer := range trace.Layers {
		counts := make([]float64, trace.Experts)
		var before []int
		var repeats float64
		for _, token := range trace.Tokens {
			now := token.Experts[layer*trace.TopK : (layer+1)*trace.TopK]
			for _, e := range now {
				counts[e]++
				if slices.Contains(before, e) {
					repeats++
				}
			}
			before = now
		}
		n := float64(len(trace.Tokens))
		for _, x := range counts {
			expected += x * x / n
			uses += x
		}
		repeated += repeats
		slices.SortFunc(counts, func(a, b float64) int { return int(b - a) })
		for rank, x := range counts {
			shares[rank] += x / n / float64(trace.TopK*trace.Layers)
		}
		rarest = min(rarest, counts[trace.Experts-1]/n/float64(trace.TopK))
	}
	var sx, sy, sxx, sxy float64 // least squares of log share on log rank
	for rank, share := range shares {
		x, y := math.Log(float64(1+rank)), math.Log(share)
		sx, sy, sxx, sxy = sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	n := float64(trace.Experts)
	return -(n*sxy - sx*sy) / (n*sxx - sx*sx), rarest, (repeated - expected) / (uses - expected)
}

func TestRouting(t *testing.T) {
	c := testPlan(t, quant.Q4).Config
	c.NLayers, c.NExperts = 6, 8
	plan, err := weights.NewPlan(c, quant.Q4, quant.Q8)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		skew, reuse                                float64
		leastZipf, mostZipf, leastReuse, mostReuse float64
	}{
		{0, 0, 0, 0.6, -0.1, 0.1}, // not 0: so few channels favour some experts by chance
		{1, 0, 0.8, 1.2, -0.1, 0.1},
		{0, 0.3, 0, 0.6, 0.25, 0.45},
		{1, 0.3, 0.7, 1.2, 0.25, 0.45},
	} {
		dir := filepath.Join(t.TempDir(), "pack")
		if _, _, err := write(t.Context(), dir, plan, recipe{1, tt.skew, tt.reuse}, func(int64, int64) {}); err != nil {
			t.Fatal(err)
		}
		zipf, rarest, reuse := habits(routes(t, ref.New(), dir, 256))
		t.Logf("-skew %v -reuse %v: Zipf %.2f, reuse %.2f, least used expert %.3f", tt.skew, tt.reuse, zipf, reuse, rarest)
		if !(zipf >= tt.leastZipf && zipf <= tt.mostZipf) || !(reuse >= tt.leastReuse && reuse <= tt.mostReuse) {
			t.Errorf("-skew %v -reuse %v: Zipf %.2f, want %v to %v; reuse %.2f, want %v to %v",
				tt.skew, tt.reuse, zipf, tt.leastZipf, tt.mostZipf, reuse, tt.leastReuse, tt.mostReuse)
		}
		if !(rarest > 0.01) {
			t.Errorf("-skew %v -reuse %v: an expert gets %.4f of its layer's tokens", tt.skew, tt.reuse, rarest)
		}
	}
}

func TestBadRouting(t *testing.T) {
	c := testPlan(t, quant.Q4).Config
	small, blunt := c, c
	small.Dim = 96
	blunt.HeadDim = 4
	for _, tt := range []struct {
		c           weights.Config
		skew, reuse float64
		want        string
	}{
		{c, 2.1, 0, "-skew is 2.1"},
		{c, -1, 0, "-skew is -1"},
		{c, math.NaN(), 0, "-skew is NaN"},
		{c, 0, 0.6, "-reuse is 0.6"},
		{small, 1, 0, "-hidden 128"},
		{blunt, 0, 0.3, "-head-dim"},
	} {
		if _, err := newRouting(tt.c, tt.skew, tt.reuse, 1); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("skew %v, reuse %v: %v, want %s", tt.skew, tt.reuse, err, tt.want)
		}
	}
}

// Changing a group of a matrix changes it alone, in every format.
func TestMatrix(t *testing.T) {
	const rows, cols = 3, 96
	for _, f := range quant.Formats {
		m := matrix{bytes: make([]byte, f.Bytes(rows, cols)), format: f, rows: rows, cols: cols}
		fill(m.bytes, f, rows, cols, 0, 1, rand.New(rand.NewPCG(1, 1)))
		want, got := make([]float32, rows*cols), make([]float32, rows*cols)
		quant.Dequantise(f, want, m.bytes, rows, cols)
		m.set(1, 2, -0.375)
		m.multiply(2, 0, 0.5)
		m.set(0, 1, 0)
		for i := range quant.Group {
			want[1*cols+2*quant.Group+i] = -0.375
			want[2*cols+i] *= 0.5
			want[quant.Group+i] = 0
		}
		quant.Dequantise(f, got, m.bytes, rows, cols)
		for i := range want {
			if !(math.Abs(float64(got[i]-want[i])) < 1e-3) {
				t.Fatalf("%v: row %d, column %d is %v, want %v", f, i/cols, i%cols, got[i], want[i])
			}
		}
	}
}
