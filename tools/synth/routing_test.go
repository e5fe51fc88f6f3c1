package main

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"mixtab/engine/experts"
	"mixtab/engine/quant"
	"mixtab/engine/ref"
	"mixtab/engine/weights"
	"mixtab/packdir"
	"mixtab/tools/bench/routes"
)

// habits runs random tokens through a pack and says how its routers chose.
func habits(t *testing.T, dir string, tokens int) experts.Habits {
	t.Helper()
	p, err := packdir.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	ids := make([]int32, tokens)
	for i := range ids {
		ids[i] = int32(3 + rng.IntN(p.Manifest().Config.VocabSize-3))
	}
	dev := ref.New()
	defer dev.Close()
	trace, logits, err := routes.Record(t.Context(), dev, p.Source(dev), ids)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range logits {
		if !(math.Abs(float64(x)) < 100) {
			t.Fatalf("logit %d is %v", i, x)
		}
	}
	return trace.Habits()
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
		h := habits(t, dir, 256)
		t.Logf("-skew %v -reuse %v: %+v", tt.skew, tt.reuse, h)
		if !(h.Zipf >= tt.leastZipf && h.Zipf <= tt.mostZipf) || !(h.Reuse >= tt.leastReuse && h.Reuse <= tt.mostReuse) || !(h.Rarest > 0.01) {
			t.Errorf("-skew %v -reuse %v: %+v; want Zipf %v to %v, reuse %v to %v, rarest above 0.01",
				tt.skew, tt.reuse, h, tt.leastZipf, tt.mostZipf, tt.leastReuse, tt.mostReuse)
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
