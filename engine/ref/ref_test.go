package ref_test

import (
	"errors"
	"fmt"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/gpu/gputest"
	"mixtab/engine/kernel"
	"mixtab/engine/kernel/kerneltest"
	"mixtab/engine/profile/profiletest"
	"mixtab/engine/quant"
	"mixtab/engine/ref"
)

func TestKernels(t *testing.T) {
	dev := ref.New()
	defer dev.Close()
	kerneltest.RunAll(t, dev)
}

func TestDevice(t *testing.T) {
	gputest.RunAll(t, func(*testing.T) gpu.Device { return ref.New() })
}

func TestProfile(t *testing.T) {
	dev := ref.New()
	defer dev.Close()
	profiletest.Run(t, dev)
}

// A device with an adapter's limits refuses what the adapter would.
func TestLimits(t *testing.T) {
	dev := ref.NewWithLimits(gpu.DefaultLimits)
	defer dev.Close()
	if _, err := dev.NewBuffer(t.Context(), "huge", gpu.Storage, 256<<20+4); !errors.Is(err, gpu.ErrOutOfMemory) {
		t.Errorf("a buffer over the limit: %v, want ErrOutOfMemory", err)
	}
	const most = 128 << 20
	weights, err := dev.NewBuffer(t.Context(), "weights", gpu.Storage, most+256)
	if err != nil {
		t.Fatal(err)
	}
	small, err := dev.NewBuffer(t.Context(), "small", gpu.Storage, 1024)
	if err != nil {
		t.Fatal(err)
	}
	x, state := gpu.Binding{Buffer: small, Size: 256}, gpu.Binding{Buffer: small, Offset: 256, Size: 256}
	out, err := dev.NewBuffer(t.Context(), "out", gpu.Storage, 1024)
	if err != nil {
		t.Fatal(err)
	}
	pipes := kernel.NewPipelines(dev)
	defer pipes.Close()
	for size, ok := range map[int]bool{most: true, most + 4: false, 0: false} {
		w := gpu.Binding{Buffer: weights, Size: size}
		_, err := pipes.Compile(t.Context(), "p", []kernel.Call{
			kernel.Matmul(kernel.TuningFor(dev.Info()), quant.F32, x, state, w, gpu.Binding{Buffer: out}, 1, 8, 32, 8, 0, false)})
		if invalid := new(gpu.ValidationError); ok != (err == nil) || !ok && !errors.As(err, &invalid) {
			t.Errorf("a binding of size %d: %v", size, err)
		}
	}
}

func BenchmarkMatmul(b *testing.B) {
	const rows, cols = 2048, 2048
	for _, f := range quant.Formats {
		for _, n := range []int{1, 64} {
			b.Run(fmt.Sprintf("%v/n=%d", f, n), func(b *testing.B) {
				dev := ref.New()
				buffer := func(bytes int) gpu.Binding {
					buf, err := dev.NewBuffer(b.Context(), "b", gpu.Storage, bytes)
					if err != nil {
						b.Fatal(err)
					}
					return gpu.Binding{Buffer: buf}
				}
				x, w, y, state := buffer(4*n*cols), buffer(f.Bytes(rows, cols)), buffer(4*n*rows), buffer(16)
				if err := dev.Write(state.Buffer, 4, []byte{byte(n), 0, 0, 0}); err != nil {
					b.Fatal(err)
				}
				prog, err := kernel.NewPipelines(dev).Compile(b.Context(), "p", []kernel.Call{
					kernel.Matmul(kernel.TuningFor(dev.Info()), f, x, state, w, y, n, rows, cols, rows, 0, false)})
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if err := dev.Submit(prog); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)*float64(n)*rows*cols/1e9/b.Elapsed().Seconds(), "GMAC/s")
			})
		}
	}
}
