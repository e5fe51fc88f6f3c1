package host

import (
	"math"
	"testing"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

// mixtral is a manifest of the real sizes at q4, as far as this package looks.
func mixtral(t *testing.T) *weights.Manifest {
	t.Helper()
	c := weights.Config{
		Architectures: []string{"MixtralForCausalLM"}, HiddenAct: "silu", Dim: 4096, HiddenDim: 14336, NLayers: 32, NHeads: 32,
		NKVHeads: 8, HeadDim: 128, NExperts: 8, NExpertsPerTok: 2, VocabSize: 32000, MaxPositions: 32768, NormEps: 1e-5,
		RopeTheta: 1e6, BOS: 1, EOS: weights.TokenIDs{2},
	}
	plan, err := weights.NewPlan(c, quant.Q4, quant.Q8)
	if err != nil {
		t.Fatal(err)
	}
	man := &weights.Manifest{Config: c, Tensors: plan.Tensors}
	for _, s := range plan.Shards {
		man.Shards = append(man.Shards, weights.Shard{Bytes: s.Bytes})
	}
	return man
}

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-3*math.Abs(want) }

// The sizes that DESIGN speaks of: 256 experts of 99 MB.
func TestMissingOf(t *testing.T) {
	man := mixtral(t)
	experts := man.ExpertBytes()
	if !near(float64(experts), 25.37e9) {
		t.Errorf("the experts take %d bytes", experts)
	}
	resident := man.Bytes() - experts
	for _, c := range []struct {
		stored int64
		share  float64
	}{
		{0, 1}, {resident, 1}, {resident + experts*9/10, 0.1}, {man.Bytes(), 0}, {man.Bytes() + 1, 0},
	} {
		m := MissingOf(man, c.stored, 1e6)
		if math.Abs(m.Share-c.share) > 1e-6 || m.PerToken != 64 || !near(float64(m.BytesEach), 99.09e6) {
			t.Errorf("with %d bytes stored: %+v, want a share of %v of 64 experts of 99 MB", c.stored, m, c.share)
		}
	}
}

func TestSecondsPerToken(t *testing.T) {
	const each, fast = 100e6, 100e6 // an expert a second
	for _, c := range []struct {
		share, speed   float64
		waits, seconds float64
	}{
		{1, fast, 1, 64.5},
		{0.1, fast, 0.99882, 6.9}, // at 90 % nearly every token still waits
		{0.01, fast, 0.47441, 1.14},
		{0, fast, 0, 0.5},
		{0, 0, 0, 0.5},
		{0.1, 0, 0.99882, -1},
	} {
		m := Missing{Share: c.share, PerToken: 64, BytesEach: each, BytesPerSecond: c.speed}
		if got := m.Waits(); !near(got, c.waits) {
			t.Errorf("%+v: %v of the tokens wait, want %v", m, got, c.waits)
		}
		if got := m.SecondsPerToken(0.5); !near(got, c.seconds) {
			t.Errorf("%+v: %v seconds, want %v", m, got, c.seconds)
		}
	}
}

func TestExpertBudget(t *testing.T) {
	for _, c := range []struct {
		asked, experts int64
		memory         float64
		want           int64
		lazy           bool
	}{
		{0, 5 << 20, 8, 0, false},
		{1 << 20, 5 << 20, 8, 1 << 20, false},
		{0, gib, 0, 0, false},
		{0, gib + 1, 8, 0, true},
		{0, 4 * gib, 4, 0, true},
		{0, 25 * gib, 0, 4 * gib, true},
		{0, 25 * gib, 8, 4 * gib, true},
		{0, 25 * gib, 32, 16 * gib, true},
		{2 * gib, 25 * gib, 32, 2 * gib, true},
	} {
		if got := ExpertBudget(c.asked, c.experts, c.memory); got != c.want {
			t.Errorf("ExpertBudget(%d, %d, %v) = %d, want %d", c.asked, c.experts, c.memory, got, c.want)
		}
		if got := Lazy(c.experts); got != c.lazy {
			t.Errorf("Lazy(%d) = %v", c.experts, got)
		}
	}
}
