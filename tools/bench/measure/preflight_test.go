//go:build !js

package measure

import (
	"errors"
	"os"
	"testing"

	"mixtab/engine"
	"mixtab/engine/gpu"
	"mixtab/tools/cli"
)

// What Preflight promises comes true within a factor of two. Other programs may be at work
// just then, so it has five tries.
func TestPreflight(t *testing.T) {
	for _, device := range []string{"ref", "native"} {
		t.Run(device, func(t *testing.T) {
			dev, err := cli.OpenDevice(t.Context(), device)
			if errors.Is(err, gpu.ErrNoWebGPU) && os.Getenv("MIXTAB_REQUIRE") != "native" {
				t.Skip("SKIP: ", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer dev.Close()
			pack, man := wide(t)
			src := pack.Source(dev)
			var all int64
			for _, parts := range expertParts(man) {
				for _, p := range parts {
					all += p.Length
				}
			}
			for _, tt := range []struct {
				regime engine.Regime
				budget int64
			}{{engine.RegimeResident, 0}, {engine.RegimeSlots, all / 2}} {
				for try := 1; ; try++ {
					expected, err := engine.Preflight(t.Context(), dev, src, man, tt.budget)
					if err != nil {
						t.Fatal(err)
					}
					got, err := Run(t.Context(), dev, src, Config{IDs: []int32{1, 2, 3}, Gen: 12, Runs: 2, ExpertBudget: tt.budget}, nil)
					if err != nil {
						t.Fatal(err)
					}
					ratio := expected.TokensPerSec / got.DecodeTokS
					t.Logf("%s: expected %.1f tok/s, came %.1f: %+v", tt.regime, expected.TokensPerSec, got.DecodeTokS, expected)
					if expected.Regime != tt.regime || expected.ExpertBytes != expected.GrantedBytes {
						t.Errorf("%+v", expected)
					}
					if ratio >= 0.5 && ratio <= 2 {
						break
					}
					if try == 5 {
						t.Errorf("%s: a factor of %.2f", tt.regime, ratio)
						break
					}
				}
			}
			if held := dev.Counters().BytesHeld; held != 0 {
				t.Errorf("%d bytes are still held", held)
			}
			r, err := engine.Preflight(t.Context(), dev, src, man, 1)
			if err != nil || r.Regime != engine.RegimeTooSmall || r.SmallestBudget <= 1 || r.SmallestBudget > all {
				t.Errorf("a budget of one byte: %+v, %v", r, err)
			}
			if r, err = engine.Preflight(t.Context(), dev, src, man, r.SmallestBudget); err != nil || r.Regime != engine.RegimePool {
				t.Errorf("the smallest budget: %+v, %v", r, err)
			}
		})
	}
}
