//go:build !js

package measure

import (
	"math"
	"testing"

	"mixtab/demo"
	"mixtab/engine/ref"
	"mixtab/packdir"
)

func TestSweep(t *testing.T) {
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []string{ContextSweep, PrefillSweep} {
		dev := ref.New()
		s, err := RunSweep(t.Context(), dev, pack.Source(dev), Config{Context: 128, Runs: 1}, of, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range s.Points {
			if !(p.Ms > 0) || p.Tokens >= 128+1 || i > 0 && p.Tokens <= s.Points[i-1].Tokens {
				t.Errorf("%s: %+v", of, s.Points)
			}
		}
		if want := map[string]int{ContextSweep: 17, PrefillSweep: 2}[of]; len(s.Points) != want {
			t.Errorf("%s: %d points, want %d", of, len(s.Points), want)
		}
	}
	dev := ref.New()
	if _, err := RunSweep(t.Context(), dev, pack.Source(dev), Config{}, "depth", nil); err == nil {
		t.Error("an unknown sweep was taken")
	}
}

func TestFit(t *testing.T) {
	s := Sweep{Points: []Point{{0, 5}, {10, 7}, {30, 11}}}
	if s.fit(); math.Abs(s.Fixed-5) > 1e-9 || math.Abs(s.PerToken-0.2) > 1e-9 {
		t.Errorf("%v ms + %v ms a token, want 5 and 0.2", s.Fixed, s.PerToken)
	}
}
