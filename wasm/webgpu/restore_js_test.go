package webgpu

import (
	"context"
	"slices"
	"testing"
	"time"

	"mixtab/engine"
	"mixtab/engine/gpu"
	"mixtab/engine/mixtral/mixtraltest"
	"mixtab/engine/quant"
	"mixtab/engine/sample"
	"mixtab/engine/weights"
)

// Where the device is destroyed, before or in a prefill or while tokens are decoded, the
// engine goes on with another, and the tokens are the same.
func TestRestore(t *testing.T) {
	pack, man := mixtraltest.Deep(t, quant.Q4, 96)
	prompt := make([]int32, 70) // two chunks
	for i := range prompt {
		prompt[i] = int32(1 + i*37%500)
	}
	const tokens = 6
	run := func(budget int64, destroy func(dev *Device, tokens int)) (ids []int32, opened int) {
		dev := open(t)
		cfg := engine.Config{Context: 100, ExpertBudget: budget, Reopen: func(context.Context) (gpu.Device, weights.Source, error) {
			dev.Close()
			dev, opened = open(t), opened+1
			return dev, pack.Source(dev), nil
		}}
		e, err := engine.Open(t.Context(), dev, pack.Source(dev), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			e.Close()
			dev.Close()
		}()
		destroy(dev, -1)
		for id, err := range e.Generate(t.Context(), prompt, sample.Config{}) {
			if err != nil {
				t.Fatal(err)
			}
			if ids = append(ids, id); len(ids) == tokens {
				break
			}
			destroy(dev, len(ids))
		}
		return ids, opened
	}
	kill := func(dev *Device) {
		if _, err := dev.JS().Call("destroy"); err != nil {
			t.Error(err)
		}
	}
	want, _ := run(0, func(*Device, int) {})
	gate, err := man.Tensor(weights.Expert(0, 0, weights.Gate))
	if err != nil {
		t.Fatal(err)
	}
	pool := 9 * 4 * gate.Bytes()
	for _, tt := range []struct {
		name    string
		budget  int64
		destroy func(dev *Device, tokens int)
	}{
		{"before the prefill", 0, func(dev *Device, n int) {
			if n < 0 {
				kill(dev)
			}
		}},
		{"in the prefill", pool, func(dev *Device, n int) {
			if n < 0 {
				time.AfterFunc(20*time.Millisecond, func() { kill(dev) })
			}
		}},
		{"while decoding", 0, func(dev *Device, n int) {
			if n == 3 {
				kill(dev)
			}
		}},
		{"while decoding, with few experts", pool, func(dev *Device, n int) {
			if n == 3 {
				kill(dev)
			}
		}},
	} {
		ids, opened := run(tt.budget, tt.destroy)
		if !slices.Equal(ids, want) || opened != 1 {
			t.Errorf("destroyed %s: %v on %d devices, want %v", tt.name, ids, 1+opened, want)
		}
	}
}
