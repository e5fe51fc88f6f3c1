// Package profiletest is what every gpu.Profiler must do.
package profiletest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
)

// Run profiles copies on a device, which has timestamps.
func Run(t *testing.T, dev gpu.Device) {
	if !dev.Info().Features.TimestampQuery {
		t.Skip("SKIP: the adapter has no timestamps")
	}
	const few, many = 64 << 10, 100 * 64 << 10 // bytes
	buffer := func() gpu.Buffer {
		b, err := dev.NewBuffer(t.Context(), "copied", gpu.Storage, many)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	x, y, z := buffer(), buffer(), buffer()
	pipelines := kernel.NewPipelines(dev)
	defer pipelines.Close()
	compile := func(label string, calls ...kernel.Call) gpu.Program {
		p, err := pipelines.Compile(t.Context(), label, calls)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	tuning := kernel.TuningFor(dev.Info())
	call := func(from, to gpu.Buffer, bytes int) kernel.Call {
		return kernel.Copy(tuning, gpu.Binding{Buffer: from}, gpu.Binding{Buffer: to}, bytes)
	}
	write := func(b gpu.Buffer, data []byte) {
		if err := dev.Write(b, 0, data); err != nil {
			t.Fatal(err)
		}
	}
	read := func(b gpu.Buffer) []byte {
		data := make([]byte, many)
		if err := gpu.ReadInto(t.Context(), dev, b, 0, data); err != nil {
			t.Fatal(err)
		}
		return data
	}
	p := dev.(gpu.Profiler)
	profile := func(programs ...gpu.Program) []gpu.Span {
		before := dev.Counters().Dispatches
		spans, err := p.Profile(t.Context(), programs...)
		if err != nil {
			t.Fatal(err)
		}
		if got := int(dev.Counters().Dispatches - before); got != len(spans) {
			t.Errorf("%d spans of %d dispatches", len(spans), got)
		}
		for i, s := range spans {
			if s.End < s.Start || i > 0 && s.Start < spans[i-1].End {
				t.Errorf("span %d is %v to %v, that before it %v", i, s.Start, s.End, spans[max(i-1, 0)])
			}
		}
		return spans
	}
	data := bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7}, many/7+1)[:many]
	write(x, data)

	t.Run("AsSubmit", func(t *testing.T) {
		program := []gpu.Program{compile("there", call(x, y, many), call(y, z, few)), compile("on", call(z, y, many/2))}
		if err := dev.Submit(program...); err != nil {
			t.Fatal(err)
		}
		wantY, wantZ := read(y), read(z)
		write(y, make([]byte, many))
		write(z, make([]byte, many))
		if n := len(profile(program...)); n != 3 {
			t.Errorf("%d spans of 3 dispatches", n)
		}
		if !bytes.Equal(read(y), wantY) || !bytes.Equal(read(z), wantZ) || bytes.Equal(wantZ, make([]byte, many)) {
			t.Error("Profile gives other bytes than Submit")
		}
	})
	t.Run("MoreWorkTakesLonger", func(t *testing.T) {
		program := compile("both", call(x, y, few), call(x, y, many))
		short, long := time.Hour, time.Hour // the least of some runs: other programs take turns
		for range 7 {
			spans := profile(program)
			short, long = min(short, spans[0].Duration()), min(long, spans[1].Duration())
		}
		t.Logf("%s: %d bytes in %v, %d in %v", dev.Info().Adapter, few, short, many, long)
		if long <= short {
			t.Errorf("%d bytes took %v and %d took %v", few, short, many, long)
		}
	})
	t.Run("MoreThanAQuerySet", func(t *testing.T) {
		const n = gpu.MaxTimestamps/2 + 3
		program := compile("many", slices.Repeat([]kernel.Call{call(x, y, 4096), call(y, z, 4096)}, n/2+1)...)
		if got := len(profile(program)); got != program.Dispatches() {
			t.Errorf("%d spans of %d dispatches", got, program.Dispatches())
		}
	})
	t.Run("Nothing", func(t *testing.T) {
		if n := len(profile()); n != 0 {
			t.Errorf("%d spans of no dispatch", n)
		}
	})
	t.Run("Cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := p.Profile(ctx, compile("one", call(x, y, few))); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
}
