//go:build !js

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mixtab/engine/experts"
)

const traces = "../../engine/experts/testdata/"

func TestReplayTrace(t *testing.T) {
	trace, err := readTrace(traces + "zipf.trace")
	if err != nil {
		t.Fatal(err)
	}
	r, err := replayTrace(trace)
	if err != nil {
		t.Fatal(err)
	}
	// 2 to 8 slots a layer, five pools; the policies and the optimum.
	if want := (7 + 5) * (len(experts.Policies) + 1); len(r.Replays) != want {
		t.Errorf("%d replays, want %d", len(r.Replays), want)
	}
	for _, x := range r.Replays {
		for _, y := range r.Replays {
			if y.Policy == belady && x.Regime == y.Regime && x.Slots == y.Slots && x.HitRate > y.HitRate {
				t.Errorf("%+v is above the optimum, %+v", x, y)
			}
		}
	}
}

// A model that needs more experts than a pool binds has no pool; a fine-grained one is not
// tried with every number of slots.
func TestRegimes(t *testing.T) {
	for _, tt := range []struct {
		trace experts.Trace
		want  []int // slots a layer
		pools int
	}{
		{experts.Trace{Layers: 32, Experts: 8, TopK: 2}, []int{2, 3, 4, 5, 6, 7, 8}, 5},
		{experts.Trace{Layers: 2, Experts: 4, TopK: 2}, []int{2, 3, 4}, 0},
		{experts.Trace{Layers: 6, Experts: 8, TopK: 2}, []int{2, 3, 4, 5, 6, 7, 8}, 1},
		{experts.Trace{Layers: 27, Experts: 64, TopK: 6}, []int{6, 14, 22, 30, 38, 46, 54, 62, 64}, 0},
	} {
		got := regimes(&tt.trace)
		if len(got) > 1 && len(got[1].slots) != tt.pools || len(got) == 1 && tt.pools > 0 {
			t.Errorf("%+v: %d regimes; want %d pools", tt.trace, len(got), tt.pools)
		}
		if !slices.Equal(got[0].slots, tt.want) {
			t.Errorf("%+v: %v, want %v", tt.trace, got[0].slots, tt.want)
		}
	}
}

func TestBadTraces(t *testing.T) {
	name := filepath.Join(t.TempDir(), "bad.trace")
	for text, want := range map[string]string{
		"0123\n": "line 1",
		`{"layers":1,"experts":8,"top_k":2,"note":""}` + "\n": "no token follows",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := replayTraces([]string{name}, false)
		if err == nil || !strings.HasPrefix(err.Error(), name+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
