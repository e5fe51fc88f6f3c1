package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
)

// A timed is what -json prints of a shape.
type timed struct {
	Shape    string         `json:"shape"`
	CopyGBs  float64        `json:"copy_gb_s"`       // in the same turns
	Error    *float64       `json:"error,omitempty"` // the largest of the variants against the twin: Σ(y-twin)² / Σ twin²
	Variants []timedVariant `json:"variants"`
}

type timedVariant struct {
	Label   string  `json:"label"`
	Seconds float64 `json:"seconds"` // the median
	GBs     float64 `json:"gb_s"`
	GMACs   float64 `json:"gmac_s"`
	InUse   bool    `json:"in_use"` // by the adapter's tuning
}

// copyBytes is what the copy kernel reads, and writes, before each run: more than the
// caches hold, so that no variant finds its weights there.
const copyBytes = 64 << 20

// time runs the variants of a shape in turns. Its device does nothing else meanwhile.
func (o *options) time(ctx context.Context, dev gpu.Device, s shape) (timed, error) {
	m := newMaker(ctx, dev, o.rows)
	defer m.release()
	r := s.build(m)
	from, to := m.zeros(copyBytes/4), m.zeros(copyBytes/4)
	if m.err != nil {
		return timed{}, m.err
	}
	pipelines := kernel.NewPipelines(dev)
	defer pipelines.Close()
	all, err := compile(ctx, pipelines, dev, s, r)
	if err != nil {
		return timed{}, err
	}
	copying, err := pipelines.Compile(ctx, "copy", []kernel.Call{kernel.Copy(kernel.TuningFor(dev.Info()), from, to, copyBytes)})
	if err != nil {
		return timed{}, err
	}
	c := clock{dev: dev, wait: to}
	if err := c.start(ctx, pipelines, m); err != nil {
		return timed{}, err
	}
	copies := []float64{}
	times := make([][]float64, len(all))
	began := time.Now()
	for round := range 1 + o.rounds { // the first warms up
		if round > 1 && time.Since(began) > o.limit {
			break
		}
		for i := range all {
			seconds, err := c.run(ctx, copying, all[i].program)
			if err != nil {
				return timed{}, err
			}
			if round > 0 {
				copies, times[i] = append(copies, seconds[0]), append(times[i], seconds[1])
			}
		}
	}
	t := timed{Shape: s.String(), CopyGBs: 2 * copyBytes / median(copies) / 1e9}
	for i, v := range all {
		seconds := median(times[i])
		t.Variants = append(t.Variants, timedVariant{Label: v.label, Seconds: seconds, InUse: i == 0,
			GBs: v.work.Bytes / seconds / 1e9, GMACs: v.work.Flops / 2 / seconds / 1e9})
	}
	slices.SortStableFunc(t.Variants, func(a, b timedVariant) int { return cmp.Compare(a.Seconds, b.Seconds) })
	return t, nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func (t timed) print() {
	fmt.Printf("\n%s · copy kernel %.2f GB/s", t.Shape, t.CopyGBs)
	if t.Error != nil {
		fmt.Printf(" · squared error against the twin %.1g", *t.Error)
	}
	fmt.Println()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "ms\tGB/s\tof copy\tGMAC/s\t  variant, the fastest first")
	for _, v := range t.Variants {
		inUse := ""
		if v.InUse {
			inUse = "   ← in use"
		}
		fmt.Fprintf(w, "%.3f\t%.2f\t%.0f %%\t%.2f\t  %s%s\n", 1000*v.Seconds, v.GBs, 100*v.GBs/t.CopyGBs, v.GMACs, v.Label, inUse)
	}
	w.Flush()
}

// A clock times programs: by timestamps if the adapter has them, else by waiting.
type clock struct {
	dev   gpu.Device
	wait  gpu.Binding // is read to wait
	empty float64     // seconds of submitting and waiting alone, without timestamps
}

func (c *clock) timestamps() bool { return c.dev.Info().Features.TimestampQuery }

// start measures what waiting costs by itself.
func (c *clock) start(ctx context.Context, pipelines *kernel.Pipelines, m *maker) error {
	if c.timestamps() {
		return nil
	}
	x, y := m.zeros(64), m.zeros(64)
	if m.err != nil {
		return m.err
	}
	nothing, err := pipelines.Compile(ctx, "nothing", []kernel.Call{kernel.Copy(kernel.TuningFor(c.dev.Info()), x, y, 16)})
	if err != nil {
		return err
	}
	var times []float64
	for range 20 {
		seconds, err := c.run(ctx, nothing)
		if err != nil {
			return err
		}
		times = append(times, seconds[0])
	}
	c.empty = median(times)
	return nil
}

// run runs the programs one after the other and returns the seconds of each.
func (c *clock) run(ctx context.Context, programs ...gpu.Program) ([]float64, error) {
	var seconds []float64
	if !c.timestamps() {
		for _, p := range programs {
			start := time.Now()
			if err := c.dev.Submit(p); err != nil {
				return nil, err
			}
			if err := gpu.ReadInto(ctx, c.dev, c.wait.Buffer, 0, make([]byte, 4)); err != nil {
				return nil, err
			}
			seconds = append(seconds, max(time.Since(start).Seconds()-c.empty, 1e-9))
		}
		return seconds, nil
	}
	spans, err := c.dev.(gpu.Profiler).Profile(ctx, programs...)
	if err != nil {
		return nil, err
	}
	for _, p := range programs {
		var sum time.Duration
		for _, s := range spans[:p.Dispatches()] {
			sum += s.Duration()
		}
		seconds, spans = append(seconds, sum.Seconds()), spans[p.Dispatches():]
	}
	return seconds, nil
}
