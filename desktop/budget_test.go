package main

import (
	"testing"

	"mixtab/engine/gpu"
)

func TestExpertBudget(t *testing.T) {
	const gib = 1 << 30
	for _, tt := range []struct {
		kind    gpu.Kind
		experts int64
		memory  uint64
		want    int64
	}{
		{gpu.KindDiscrete, 24 * gib, 16 * gib, 0},
		{gpu.KindCPU, 24 * gib, 24 * gib, 12 * gib},
		{gpu.KindIntegrated, 24 * gib, 64 * gib, 0},
		{gpu.KindUnknown, 24 * gib, 32 * gib, 16 * gib},
		{gpu.KindCPU, 24 * gib, 0, 0}, // a system that does not tell
	} {
		if got := expertBudget(tt.kind, tt.experts, tt.memory); got != tt.want {
			t.Errorf("%v, %d GiB of experts, %d GiB of memory: %d", tt.kind, tt.experts/gib, tt.memory/gib, got)
		}
	}
}
