package engine

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"mixtab/demo"
	"mixtab/engine/experts"
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/ref"
	"mixtab/engine/weights"
	"mixtab/packdir"
)

// What a token takes, by hand, in each regime of the demo model.
func TestEstimate(t *testing.T) {
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	man := pack.Manifest()
	cfg := man.Config
	shape, resident := sizes(man)
	all := int64(cfg.NLayers * cfg.NExperts)
	if want := man.Bytes(); resident+all*shape.Bytes != want {
		t.Errorf("%d resident bytes and %d experts of %d; the pack has %d", resident, all, shape.Bytes, want)
	}
	if got := smallestBudget(shape); got != 8*shape.Bytes {
		t.Errorf("the smallest budget is %d bytes, want 8 experts of %d", got, shape.Bytes)
	}

	d, h, kv := float64(cfg.Dim), float64(cfg.HiddenDim), float64(cfg.NKVHeads*cfg.HeadDim)
	layer := d*(d+2*kv) + d*d + float64(cfg.NExperts)*d + 2*d + 2*3*d*h
	matrix := float64(cfg.NLayers)*layer + float64(cfg.VocabSize)*d + d
	dispatches := float64(7*cfg.NLayers + 1 + 1 + 2)
	c := costs{weight: 1e-9, dispatch: 1e-5, roundTrip: 1e-3, load: 1e9}
	compute := matrix*c.weight + dispatches*c.dispatch + c.roundTrip
	for _, tt := range []struct {
		regime Regime
		slots  int64
		wait   func(loads float64) float64
	}{
		{RegimeResident, all, func(loads float64) float64 { return 0 }},
		{RegimeSlots, all / 2, func(loads float64) float64 {
			return loads*float64(shape.Bytes)/c.load + min(loads, float64(cfg.NLayers))*(2*c.roundTrip+dispatches/2*c.dispatch)
		}},
	} {
		l, err := experts.NewLayout(shape, tt.slots*shape.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		var r Report
		r.estimate(man, l, c)
		wait := tt.wait(float64(cfg.NLayers*cfg.NExpertsPerTok) * (1 - r.HitRate))
		if r.Regime != tt.regime || r.Slots != int(tt.slots) || math.Abs(r.ComputeSeconds/compute-1) > 1e-9 ||
			math.Abs(r.WaitSeconds-wait) > 1e-9 || math.Abs(r.TokensPerSec*(compute+wait)-1) > 1e-9 {
			t.Errorf("%s: %+v\nwant %v s of computing and %v s of waiting", tt.regime, r, compute, wait)
		}
	}
}

// A poor device has memory for measuring, and for so many bytes of experts.
type poor struct {
	gpu.Device
	left   int
	limits gpu.Limits
}

func (d *poor) Info() gpu.Info {
	info := d.Device.Info()
	info.Limits = d.limits
	return info
}

func (d *poor) NewBuffer(ctx context.Context, label string, usage gpu.Usage, size int) (gpu.Buffer, error) {
	if strings.Contains(label, "so far") {
		if d.left -= size; d.left < 0 {
			return nil, fmt.Errorf("%s: %w", label, gpu.ErrOutOfMemory)
		}
	}
	return d.Device.NewBuffer(ctx, label, usage, size)
}

func TestPreflightOfPoorDevices(t *testing.T) {
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	man := pack.Manifest()
	shape, _ := sizes(man)
	small := gpu.DefaultLimits
	small.MaxBufferSize = int(4 * shape.Bytes) // so that the memory is asked for in pieces
	oneMatrix := gpu.DefaultLimits
	oneMatrix.MaxStorageBufferBindingSize = int(shape.Bytes / 3)
	noMatrix := gpu.DefaultLimits
	noMatrix.MaxStorageBufferBindingSize = int(shape.Bytes/3) - 1
	for _, tt := range []struct {
		name    string
		left    int64 // experts
		limits  gpu.Limits
		budget  int64 // experts
		granted int64 // experts
		slots   int
		err     string
	}{
		{"enough", 32, small, 0, 32, 32, ""},
		{"enough for the budget", 16, small, 16, 16, 16, ""},
		{"half of what was asked for", 16, small, 0, 16, 14, ""},
		{"too little", 7, small, 0, 4, 0, "the GPU gives 0 MB for experts: expert budget too small: "},
		{"small bindings", 32, oneMatrix, 0, 8, 8, ""},
		{"smaller bindings", 32, noMatrix, 0, 0, 0, "one q8 matrix of an expert, "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dev := &poor{Device: ref.New(), left: int(tt.left * shape.Bytes), limits: tt.limits}
			defer dev.Close()
			r, err := Preflight(t.Context(), dev, pack.Source(dev.Device), man, tt.budget*shape.Bytes)
			if (tt.err == "") != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), tt.err) {
				t.Fatalf("got %v, want %q", err, tt.err)
			}
			if r.GrantedBytes != tt.granted*shape.Bytes || r.Slots != tt.slots || (r.TokensPerSec > 0) != (err == nil) {
				t.Errorf("%+v", r)
			}
			if held := dev.Counters().BytesHeld; held != 0 {
				t.Errorf("%d bytes are still held", held)
			}
		})
	}
}

// docs/PERFORMANCE.md has the table that these come from.
func TestExpectedHitRate(t *testing.T) {
	shape := experts.Shape{Layers: 32, Experts: 8, TopK: 2, Bytes: 1}
	for slots, want := range map[int64]float64{8: 0.066, 32: 0.30, 64: 0.54, 128: 0.78, 192: 0.90, 256: 1} {
		l, err := experts.NewLayout(shape, slots)
		if err != nil {
			t.Fatal(err)
		}
		if got := expectedHitRate(l); math.Abs(got-want) > 0.04 {
			t.Errorf("%d slots: %.3f, want about %.3f", slots, got, want)
		}
	}
}

func TestCacheBytes(t *testing.T) {
	c := weights.Config{NLayers: 32, NKVHeads: 8, HeadDim: 128, MaxPositions: 32768}
	for format, tokens := range map[kernel.KVFormat]int64{kernel.KVF32: 4096, kernel.KVF16: 8192, kernel.KVQ8: 15420} {
		if got := cacheBytes(c, format); got > 1<<30 || got*(tokens+1) <= tokens<<30 {
			t.Errorf("Mixtral's keys and values take %d bytes in %v, want 1 GiB of %d tokens", got, format, tokens)
		}
	}
	c.MaxPositions = 100
	if got, want := cacheBytes(c, kernel.KVF32), int64(100*32*2*8*128*4); got != want {
		t.Errorf("100 positions take %d bytes, want %d", got, want)
	}
}
