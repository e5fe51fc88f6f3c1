package webgpu

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/cogentcore/webgpu/wgpu"

	"mixtab/engine/gpu"
)

// timer is a query set and the buffer that its timestamps are resolved to.
type timer struct {
	set    *wgpu.QuerySet
	ticks  *buffer
	values []byte
}

// Profile encodes each dispatch as a pass of its own between two timestamps.
func (d *device) Profile(ctx context.Context, programs ...gpu.Program) ([]gpu.Span, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("webgpu: profile: %w", err)
	}
	if !d.info.Features.TimestampQuery {
		return nil, &gpu.ValidationError{Op: "profile", Message: "the adapter has no timestamps"}
	}
	t, err := d.newTimer()
	if err != nil {
		return nil, err
	}
	defer t.release(d)
	if d.tick == 0 {
		if err := d.measureTick(ctx, t); err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	own, _, err := d.ownPrograms(programs)
	d.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var steps []step
	for _, p := range own {
		steps = append(steps, p.steps...)
	}
	spans := make([]gpu.Span, 0, len(steps))
	for len(steps) > 0 {
		n := min(len(steps), gpu.MaxTimestamps/2)
		if err := d.timed(ctx, t, steps[:n]); err != nil {
			return nil, err
		}
		for i := range n {
			spans = append(spans, gpu.Span{Start: d.since(t.tick(2 * i)), End: d.since(t.tick(2*i + 1))})
		}
		steps = steps[n:]
	}
	return spans, nil
}

func (d *device) newTimer() (*timer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.usable(); err != nil {
		return nil, err
	}
	const size = 8 * gpu.MaxTimestamps
	t := &timer{ticks: &buffer{d: d, label: "timestamps", size: size}, values: make([]byte, size)}
	err := d.callLocked("timestamps", func() (err error) {
		t.set, err = d.dev.CreateQuerySet(&wgpu.QuerySetDescriptor{Type: wgpu.QueryTypeTimestamp, Count: gpu.MaxTimestamps})
		if err != nil {
			return err
		}
		t.ticks.raw, err = d.dev.CreateBuffer(&wgpu.BufferDescriptor{
			Label: t.ticks.label, Usage: wgpu.BufferUsageQueryResolve | wgpu.BufferUsageCopySrc, Size: size,
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	d.counters.BytesHeld += size
	d.keep(t.ticks)
	return t, nil
}

func (t *timer) release(d *device) {
	t.ticks.Release()
	d.mu.Lock()
	defer d.mu.Unlock()
	t.set.Release()
}

func (t *timer) tick(i int) uint64 { return binary.LittleEndian.Uint64(t.values[8*i:]) }

// timed runs the steps and leaves two ticks of each in t.
func (d *device) timed(ctx context.Context, t *timer, steps []step) error {
	d.mu.Lock()
	err := d.callLocked("profile", func() error {
		encoder, err := d.dev.CreateCommandEncoder(nil)
		if err != nil {
			return err
		}
		defer encoder.Release()
		for i := range steps {
			if err := encoder.WriteTimestamp(t.set, uint32(2*i)); err != nil {
				return err
			}
			if err := alone(encoder, &steps[i]); err != nil {
				return err
			}
			if err := encoder.WriteTimestamp(t.set, uint32(2*i+1)); err != nil {
				return err
			}
		}
		if err := encoder.ResolveQuerySet(t.set, 0, uint32(2*len(steps)), t.ticks.raw, 0); err != nil {
			return err
		}
		return d.finish(encoder)
	})
	if err == nil {
		d.counters.Submits++
		d.counters.Dispatches += uint64(len(steps))
	}
	d.mu.Unlock()
	if err != nil {
		return err
	}
	return gpu.ReadInto(ctx, d, t.ticks, 0, t.values[:16*len(steps)])
}

// alone encodes a step as a pass.
func alone(encoder *wgpu.CommandEncoder, s *step) error {
	pass := encoder.BeginComputePass(nil)
	defer pass.Release()
	pass.SetPipeline(s.pipeline)
	pass.SetBindGroup(0, s.group, nil)
	pass.DispatchWorkgroups(s.grid[0], s.grid[1], s.grid[2])
	return pass.End()
}

// since is the time on the GPU's clock.
func (d *device) since(ticks uint64) time.Duration { return time.Duration(float64(ticks) * d.tick) }

// measureTick compares the GPU's clock with the host's, as wgpu-native v22 does not tell
// the GPU's unit: 1 ns on NVIDIA and llvmpipe, 10 on AMD, 52 or 83 on Intel.
func (d *device) measureTick(ctx context.Context, t *timer) error {
	now := func() (uint64, time.Time, error) {
		d.mu.Lock()
		err := d.callLocked("profile", func() error {
			encoder, err := d.dev.CreateCommandEncoder(nil)
			if err != nil {
				return err
			}
			defer encoder.Release()
			if err := encoder.WriteTimestamp(t.set, 0); err != nil {
				return err
			}
			if err := encoder.ResolveQuerySet(t.set, 0, 1, t.ticks.raw, 0); err != nil {
				return err
			}
			return d.finish(encoder)
		})
		d.mu.Unlock()
		if err != nil {
			return 0, time.Time{}, err
		}
		err = gpu.ReadInto(ctx, d, t.ticks, 0, t.values[:8])
		return t.tick(0), time.Now(), err
	}
	if _, _, err := now(); err != nil { // warms up
		return err
	}
	first, began, err := now()
	if err != nil {
		return err
	}
	time.Sleep(30 * time.Millisecond)
	last, ended, err := now()
	if err != nil {
		return err
	}
	if last <= first {
		return &gpu.ValidationError{Op: "profile", Message: "the GPU's clock stands still"}
	}
	d.tick = float64(ended.Sub(began)) / float64(last-first)
	if math.Abs(d.tick-1) < 0.1 {
		d.tick = 1
	}
	return nil
}
