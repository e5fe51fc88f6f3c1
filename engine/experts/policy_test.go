package experts

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the committed traces")

// traces are committed, so that anyone can replay the same.
var traces = []struct {
	file string
	Synthetic
}{
	{"zipf.trace", Synthetic{Tokens: 512, Zipf: 1, Reuse: 0.3, Seed: 1}},
	{"uniform.trace", Synthetic{Tokens: 512, Seed: 2}},
	{"shifting.trace", Synthetic{Tokens: 512, Zipf: 1, Reuse: 0.3, Shift: 128, Seed: 3}},
}

func committed(t *testing.T, file string) *Trace {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	trace, err := Read(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return trace
}

func TestCommittedTraces(t *testing.T) {
	for _, tt := range traces {
		var want bytes.Buffer
		if err := Write(&want, tt.Trace(mixtral)); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join("testdata", tt.file)
		if *update {
			if err := os.WriteFile(name, want.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s is not what %+v makes: run go test ./engine/experts -update", tt.file, tt.Synthetic)
		}
	}
}

// rates are hit rates in percent with a number of slots for Mixtral's 256 experts.
func rates(t *testing.T, trace *Trace, slots int) map[string]float64 {
	t.Helper()
	shape := mixtral
	shape.Bytes = 1
	l, err := NewLayout(shape, int64(slots))
	if err != nil {
		t.Fatal(err)
	}
	r := map[string]float64{"belady": 100 * Replay(trace, l, NewBelady(trace)).HitRate()}
	for _, p := range Policies {
		r[p.Name] = 100 * Replay(trace, l, p.New(l)).HitRate()
	}
	return r
}

// The default stays near the optimum at half budget, and in a pool near the best of the
// others or above.
func TestDefaultPolicy(t *testing.T) {
	for _, tt := range []struct {
		file  string
		slots int
		gap   float64 // to Belady, at most
		lead  float64 // over the best of lru, lfu and lfru, at least
	}{
		{"zipf.trace", 128, 6, -1},
		{"uniform.trace", 128, 20, -1},
		{"shifting.trace", 128, 7, 1},
		{"zipf.trace", 32, 18, 1},
		{"uniform.trace", 32, 25, -1},
		{"shifting.trace", 32, 19, 5},
		{"zipf.trace", 256, 0, 0},
	} {
		r := rates(t, committed(t, tt.file), tt.slots)
		if gap := r["belady"] - r[Policies[0].Name]; !(gap <= tt.gap) {
			t.Errorf("%s, %d slots: %.1f points below Belady; at most %v: %v", tt.file, tt.slots, gap, tt.gap, r)
		}
		if lead := r[Policies[0].Name] - max(r["lru"], r["lfu"], r["lfru"]); !(lead >= tt.lead) {
			t.Errorf("%s, %d slots: %.1f points above the others; at least %v: %v", tt.file, tt.slots, lead, tt.lead, r)
		}
	}
}

// Nothing beats Belady.
func TestBeladyIsTheOptimum(t *testing.T) {
	for _, tt := range traces {
		trace := committed(t, tt.file)
		for _, slots := range []int{8, 17, 48, 64, 100, 160, 224, 255} {
			r := rates(t, trace, slots)
			for name, rate := range r {
				if rate > r["belady"] {
					t.Errorf("%s, %d slots: %s has %.2f %%, the optimum %.2f %%", tt.file, slots, name, rate, r["belady"])
				}
			}
		}
	}
}

// On traces so small that all choices can be tried, Belady loads as little as the best.
func TestBeladyExhaustively(t *testing.T) {
	shape := Shape{Layers: 1, Experts: 4, TopK: 2, Bytes: 1}
	for seed := range uint64(8) {
		trace := Synthetic{Tokens: 6, Seed: seed}.Trace(shape)
		l := Layout{Shape: shape, PerLayer: []int{3}}
		best := uint64(1 << 63)
		// Three candidates at most for each of at most ten evictions: a number in base 3.
		for choices := range 59049 {
			best = min(best, Replay(trace, l, &scripted{choices}).Loads)
		}
		if got := Replay(trace, l, NewBelady(trace)).Loads; got != best {
			t.Errorf("seed %d: Belady loads %d times, the best of all ways %d", seed, got, best)
		}
	}
}

// scripted takes its choices from the digits of a number.
type scripted struct{ choices int }

func (*scripted) Use(Key) {}

func (s *scripted) Victim(candidates []Key) Key {
	k := candidates[s.choices%3%len(candidates)]
	s.choices /= 3
	return k
}

func TestVictims(t *testing.T) {
	l := Layout{Shape: Shape{Layers: 1, Experts: 3, TopK: 1, Bytes: 1}, PerLayer: []int{3}}
	all := []Key{{0, 0}, {0, 1}, {0, 2}}
	for _, tt := range []struct {
		policy Policy
		uses   []int
		want   int
	}{
		{NewLRU(l), []int{0, 1, 2, 0}, 1},
		{NewLFU(l), []int{1, 1, 2, 2, 2, 0}, 0},
		{NewLFU(l), []int{0, 0, 0, 1, 2, 2}, 1},
		{NewLFRU(l), []int{0, 0, 0, 0, 1, 2}, 1},                // 4/3, 1/2, 1
		{NewLFRU(l), []int{0, 0, 1, 1, 2, 1, 2, 1, 2, 1, 2}, 0}, // popular once
		{NewNextUse(l), []int{0, 2, 0, 1, 0, 1}, 2},             // nothing repeats: shares count
		{NewNextUse(l), []int{0, 0, 0, 0, 0, 1, 1, 1, 2, 2}, 1}, // tokens repeat the one before
	} {
		for _, e := range tt.uses {
			tt.policy.Use(Key{0, e})
		}
		if got := tt.policy.Victim(all); got.Expert != tt.want {
			t.Errorf("%T after %v gives up %d, want %d", tt.policy, tt.uses, got.Expert, tt.want)
		}
	}
	// Equally likely experts: the one whose turn has just passed waits longest.
	pool := Layout{Shape: Shape{Layers: 3, Experts: 2, TopK: 1, Bytes: 1}, Pool: 2}
	p := NewNextUse(pool)
	for layer := range 2 {
		p.Use(Key{layer, 0})
	}
	if got := p.Victim([]Key{{2, 0}, {0, 1}, {1, 1}}); got.Layer != 1 {
		t.Errorf("next-use gives up layer %d's expert after layer 1", got.Layer)
	}
}
