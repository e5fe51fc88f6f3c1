//go:build !js

package main

import (
	"context"
	"testing"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/ref"
)

// Every shape runs, and its work and its variants are known. The check itself is of the
// twin against itself, with the products' few rows.
func TestShapes(t *testing.T) {
	dev := ref.New()
	defer dev.Close()
	for _, s := range shapes {
		t.Run(s.String(), func(t *testing.T) {
			if s.n > 1 && testing.Short() {
				t.Skip("SKIP: -short")
			}
			m := newMaker(t.Context(), dev, 48)
			defer m.release()
			r := s.build(m)
			if m.err != nil {
				t.Fatal(m.err)
			}
			pipelines := kernel.NewPipelines(dev)
			defer pipelines.Close()
			all, err := compile(t.Context(), pipelines, dev, s, r)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range all {
				if v.work.Bytes <= 0 || v.label == "" {
					t.Errorf("%q does nothing: %+v", v.label, v.work)
				}
			}
		})
	}
}

// lazy is a device whose programs do nothing.
type lazy struct{ gpu.Device }

func (lazy) Submit(...gpu.Program) error { return nil }

// A kernel that leaves its result unwritten is found out.
func TestCheck(t *testing.T) {
	dev := ref.New()
	defer dev.Close()
	s := shapesOf("rmsnorm")[0]
	if e, err := check(t.Context(), dev, s); err != nil || e > 1e-12 {
		t.Errorf("the twin against itself: %v, %v", e, err)
	}
	if _, err := check(t.Context(), lazy{dev}, s); err == nil {
		t.Error("a kernel that does nothing passed")
	}
}

// Times come with timestamps and without them, the variant in use among them.
func TestTime(t *testing.T) {
	o := options{rounds: 2, limit: time.Minute, rows: 48}
	for name, dev := range map[string]gpu.Device{"timestamps": ref.New(), "waiting": untimed{ref.New()}} {
		got, err := o.time(context.Background(), dev, shapesOf("matmul")[0])
		if err != nil {
			t.Fatal(err)
		}
		used := 0
		for i, v := range got.Variants {
			if v.Seconds <= 0 || v.GBs <= 0 || v.GMACs <= 0 || i > 0 && v.Seconds < got.Variants[i-1].Seconds {
				t.Errorf("%s: %+v", name, v)
			}
			if v.InUse {
				used++
			}
		}
		if used != 1 || got.CopyGBs <= 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// untimed is a device without timestamps.
type untimed struct{ gpu.Device }

func (d untimed) Info() gpu.Info {
	info := d.Device.Info()
	info.Features.TimestampQuery = false
	return info
}
