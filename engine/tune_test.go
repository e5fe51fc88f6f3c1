package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mixtab/demo"
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/ref"
	"mixtab/engine/weights"
	"mixtab/packdir"
)

// paced is a GPU with a clock of its own: a run of a program takes what its first kernel does.
type paced struct {
	*ref.Device
	cost   func(label string) time.Duration
	refuse string // the compiler does not take labels with this in them
	spoil  string // programs with this in their first label do nothing
	lose   int    // the submit at which it is lost; 0: none

	clock    time.Time
	submits  int
	programs map[gpu.Program]string // first labels
}

func newPaced() *paced {
	return &paced{Device: ref.New(), cost: func(string) time.Duration { return 20 * time.Millisecond }, programs: map[gpu.Program]string{}}
}

func (d *paced) Info() gpu.Info {
	info := d.Device.Info()
	info.Kind, info.Features.SubgroupSize, info.Features.PackedDot = gpu.KindDiscrete, 32, true
	return info
}

func (d *paced) NewPipeline(ctx context.Context, desc gpu.PipelineDesc) (gpu.Pipeline, error) {
	if d.refuse != "" && strings.Contains(desc.Label, d.refuse) {
		return nil, &gpu.ShaderError{Kernel: desc.Label, Message: "unknown extension"}
	}
	return d.Device.NewPipeline(ctx, desc)
}

func (d *paced) NewProgram(ctx context.Context, label string, all []gpu.Dispatch) (gpu.Program, error) {
	p, err := d.Device.NewProgram(ctx, label, all)
	if err == nil {
		desc := all[0].Pipeline.Desc()
		d.programs[p] = desc.Label
	}
	return p, err
}

func (d *paced) Submit(programs ...gpu.Program) error {
	if d.submits++; d.submits == d.lose {
		return fmt.Errorf("%w: as the test wants it", gpu.ErrDeviceLost)
	}
	for _, p := range programs {
		d.clock = d.clock.Add(d.cost(d.programs[p]))
		if d.spoil != "" && strings.Contains(d.programs[p], d.spoil) {
			continue
		}
		if err := d.Device.Submit(p); err != nil {
			return err
		}
	}
	return nil
}

func (d *paced) SubmitRead(b gpu.Buffer, offset, n int, programs ...gpu.Program) (gpu.Readback, error) {
	if len(programs) > 0 {
		if err := d.Submit(programs...); err != nil {
			return nil, err
		}
	}
	return d.StartRead(b, offset, n)
}

// tuned measures the demo pack on a device.
func tuned(t *testing.T, d *paced, cfg Config) (kernel.Tuning, TuningReport) {
	t.Helper()
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Context = 16 // a chunk is more than a draft
	tuner := newTuner(d, pack.Manifest(), cfg)
	tuner.now = func() time.Time { return d.clock }
	tuning, r, err := tuner.tune(t.Context(), cfg.Tunings)
	if err != nil {
		t.Fatal(err)
	}
	if held := d.Counters().BytesHeld; held != 0 {
		t.Errorf("%d bytes are still held", held)
	}
	return tuning, r
}

// takes makes labels of a kind as long as a part of the table's time.
func takes(kind string, part float64) func(string) time.Duration {
	return func(label string) time.Duration {
		if strings.Contains(label, kind) {
			return time.Duration(part * float64(20*time.Millisecond))
		}
		return 20 * time.Millisecond
	}
}

func TestTune(t *testing.T) {
	table := kernel.TuningFor(newPaced().Info())
	subgroup := kernel.Product{Sharing: kernel.Subgroup, Arithmetic: kernel.F32, WG: 32, Team: 32, Rows: 4, Tile: 1}
	const subgroups4 = "subgroup WG=32 TEAM=32 ROWS=4"
	for _, tt := range []struct {
		name   string
		device func(*paced)
		want   func(*kernel.Tuning)
		report string // a part of an error in it
	}{
		{"all alike", func(*paced) {}, func(*kernel.Tuning) {}, ""},
		{"one is faster", func(d *paced) { d.cost = takes(subgroups4, 0.8) }, func(t *kernel.Tuning) { t.Decode = subgroup }, ""},
		{"one is a little faster", func(d *paced) { d.cost = takes(subgroups4, 0.99) }, func(*kernel.Tuning) {}, ""},
		{"one for chunks is faster", func(d *paced) { d.cost = takes("ROWS=8 TILE=4 TOKENS=4", 0.5) },
			func(t *kernel.Tuning) {
				t.Prefill = kernel.Product{Sharing: kernel.Thread, Arithmetic: kernel.F32, WG: 16, Team: 1, Rows: 8, Tile: 4}
			}, ""},
		{"attention by thread is faster", func(d *paced) { d.cost = takes("scores_by_thread", 0.5) },
			func(t *kernel.Tuning) { t.Attention = kernel.ByThread }, ""},
		{"attention by thread is faster, but of chunks slower", func(d *paced) {
			d.cost = func(label string) time.Duration {
				if strings.Contains(label, "attention_tiled") {
					return time.Millisecond
				}
				return takes("scores_by_thread", 0.5)(label)
			}
		}, func(*kernel.Tuning) {}, ""},
		{"the table's stumbles", func(d *paced) {
			runs := 0
			d.cost = func(label string) time.Duration {
				if strings.Contains(label, "shared WG=64 TEAM=64 ROWS=4") {
					if runs++; runs < 8 {
						return 200 * time.Millisecond
					}
				}
				return 20 * time.Millisecond
			}
		}, func(*kernel.Tuning) {}, ""},
		{"the fastest does not compile", func(d *paced) { d.cost, d.refuse = takes(subgroups4, 0.8), "matmul_q8 subgroup" },
			func(*kernel.Tuning) {}, "unknown extension"},
		{"another kernel of the fastest does not compile", func(d *paced) { d.cost, d.refuse = takes(subgroups4, 0.8), "moe_down_q8 subgroup" },
			func(*kernel.Tuning) {}, "unknown extension"},
		{"the fastest does nothing", func(d *paced) { d.cost, d.spoil = takes(subgroups4, 0.8), subgroups4 },
			func(*kernel.Tuning) {}, "its results are wrong"},
		{"the table's does not compile", func(d *paced) { d.cost, d.refuse = takes(subgroups4, 0.8), "shared WG=64 TEAM=64 ROWS=4" },
			func(t *kernel.Tuning) { t.Decode = subgroup }, "unknown extension"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newPaced()
			tt.device(d)
			want := table
			tt.want(&want)
			got, r := tuned(t, d, Config{})
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			said := ""
			for _, v := range r.Decode {
				said += v.Error
				if v.Error == "" && v.Seconds <= 0 {
					t.Errorf("%v took no time", v.Variant)
				}
			}
			if (tt.report == "") != (said == "") || !strings.Contains(said, tt.report) {
				t.Errorf("the report says %q, want %q", said, tt.report)
			}
			if len(r.Decode) < 8 || len(r.Prefill) < 4 || len(r.Attention) < 2 || r.Decode[0].Variant != table.Decode || r.Seconds <= 0 {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// Less exact arithmetic takes part if it is asked for.
func TestTuneArithmetic(t *testing.T) {
	for _, tt := range []struct {
		allowed, want kernel.Arithmetic
	}{{"", kernel.F32}, {kernel.F32, kernel.F32}, {kernel.F16, kernel.F32}, {kernel.Int8, kernel.Int8}} { // the device has no f16
		d := newPaced()
		d.cost = takes(" int8 ", 0.5)
		if got, _ := tuned(t, d, Config{Arithmetic: tt.allowed}); got.Decode.Arithmetic != tt.want {
			t.Errorf("%q is allowed: got %v", tt.allowed, got.Decode)
		}
	}
}

// kept is a cache in memory.
type kept map[string][]byte

func (k kept) Load(_ context.Context, key string) ([]byte, bool) { v, ok := k[key]; return v, ok }
func (k kept) Save(_ context.Context, key string, value []byte)  { k[key] = value }

func TestTunings(t *testing.T) {
	d, cache := newPaced(), kept{}
	d.cost = takes("subgroup", 0.5)
	want, first := tuned(t, d, Config{Tunings: cache})
	measured := d.submits
	if len(cache) != 1 || want.Decode.Sharing != kernel.Subgroup {
		t.Fatalf("%v, and %d are kept", want.Decode, len(cache))
	}
	got, again := tuned(t, d, Config{Tunings: cache})
	if d.submits != measured || got != want || again.Seconds != 0 || !slices.Equal(again.Decode, first.Decode) {
		t.Errorf("%d submits the second time: %+v", d.submits-measured, again)
	}
	for key, value := range cache {
		for _, bad := range []string{"", "{", "{}", "null", strings.Replace(string(value), `"WG":32`, `"WG":33`, -1), strings.Replace(string(value), "by team", "by hand", 1),
			strings.Replace(string(value), `"in_use":true`, `"in_use":false`, 1)} {
			cache[key] = []byte(bad)
			before := d.submits
			if got, _ := tuned(t, d, Config{Tunings: cache}); d.submits == before || got != want || string(cache[key]) == bad {
				t.Errorf("%q was believed", bad)
			}
		}
	}
	tuned(t, d, Config{Tunings: cache, Arithmetic: kernel.Int8})
	tuned(t, d, Config{Tunings: cache, KV: kernel.KVQ8})
	if len(cache) != 3 {
		t.Errorf("%d are kept of three ways to open", len(cache))
	}
}

// A GPU is measured when a pack is opened, and a device that does not survive it is
// followed by one that is not measured, with as many experts.
func TestOpenTunes(t *testing.T) {
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	for _, lose := range []int{0, 5} {
		var all []*paced
		open := func(context.Context) (gpu.Device, weights.Source, error) {
			d := newPaced()
			d.lose = lose
			if all = append(all, d); len(all) > 1 {
				d.lose = 0
			}
			return d, pack.Source(d), nil
		}
		dev, src, _ := open(t.Context())
		cache := kept{}
		e, err := Open(t.Context(), dev, src, Config{Context: 8, Tunings: cache, Reopen: open})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if lose == 0 && (len(cache) != 1 || len(all) != 1) {
			t.Errorf("%d tunings of %d devices", len(cache), len(all))
		}
		if lose > 0 && (len(cache) != 0 || len(all) != 2 || e.Tuning() != kernel.TuningFor(dev.Info()) || !e.ExpertStats().Resident) {
			t.Errorf("lost: %d tunings, %d devices, %+v, %+v", len(cache), len(all), e.Tuning(), e.ExpertStats())
		}
	}
}

// Without room for measuring, the table decides.
func TestTuneWithoutRoom(t *testing.T) {
	limits := gpu.DefaultLimits
	limits.MaxBufferSize = 1 << 10
	d, cache := newPaced(), kept{}
	d.Device = ref.NewWithLimits(limits)
	if got, _ := tuned(t, d, Config{Tunings: cache}); got != kernel.TuningFor(d.Info()) || len(cache) != 0 {
		t.Errorf("got %+v, kept %d", got, len(cache))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Tune(ctx, newPaced(), pack.Manifest(), Config{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
