package gputest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"mixtab/engine/gpu"
)

func testProgram(t *testing.T, dev gpu.Device) {
	p := newPipeline(t, dev, affineDesc("affine"))
	if p.Desc().Label != "affine" {
		t.Errorf("label %q", p.Desc().Label)
	}
	for _, n := range []int{1, 63, 64, 65, 1000} {
		x, y := newBuffer(t, dev, "x", gpu.Storage, 4*n), newBuffer(t, dev, "y", gpu.Storage, 4*n+16)
		write(t, dev, x, 0, floats(ramp(n)...))
		write(t, dev, y, 4*n, floats(7, 7, 7, 7)) // canaries
		program := newProgram(t, dev, affine(t, dev, p, gpu.Binding{Buffer: x}, gpu.Binding{Buffer: y}, n, 2, 1))
		submit(t, dev, program)
		got := readFloats(t, dev, y, 0, n+4)
		for i := range n {
			if got[i] != float32(2*i+1) {
				t.Fatalf("n %d: y[%d] is %v, want %d", n, i, got[i], 2*i+1)
			}
		}
		if !slices.Equal(got[n:], []float32{7, 7, 7, 7}) {
			t.Errorf("n %d: wrote beyond y: %v", n, got[n:])
		}
		program.Release()
	}
}

func testReplay(t *testing.T, dev gpu.Device) {
	p := newPipeline(t, dev, affineDesc("affine"))
	x, y := newBuffer(t, dev, "x", gpu.Storage, 4), newBuffer(t, dev, "y", gpu.Storage, 4)
	write(t, dev, x, 0, floats(1))
	program := newProgram(t, dev,
		affine(t, dev, p, gpu.Binding{Buffer: x}, gpu.Binding{Buffer: y}, 1, 2, 1),
		affine(t, dev, p, gpu.Binding{Buffer: y}, gpu.Binding{Buffer: x}, 1, 1, 0))
	if program.Dispatches() != 2 {
		t.Errorf("%d dispatches, want 2", program.Dispatches())
	}
	before := dev.Counters()
	want := float32(1)
	for range 5 {
		submit(t, dev, program)
		want = 2*want + 1
	}
	submit(t, dev)
	after := dev.Counters()
	if got := readFloats(t, dev, x, 0, 1)[0]; got != want {
		t.Errorf("after 5 replays %v, want %v", got, want)
	}
	if after.Dispatches-before.Dispatches != 10 || after.Submits-before.Submits != 5 {
		t.Errorf("counted %+v, was %+v; want 10 dispatches in 5 submits", after, before)
	}
}

// Programs and the read of what they leave are one submit.
func testSubmitRead(t *testing.T, dev gpu.Device) {
	p := newPipeline(t, dev, affineDesc("affine"))
	x, y := newBuffer(t, dev, "x", gpu.Storage, 4), newBuffer(t, dev, "y", gpu.Storage, 12)
	write(t, dev, x, 0, floats(3))
	program := newProgram(t, dev,
		affine(t, dev, p, gpu.Binding{Buffer: x}, gpu.Binding{Buffer: y}, 1, 2, 1),
		affine(t, dev, p, gpu.Binding{Buffer: y}, gpu.Binding{Buffer: x}, 1, 1, 0))
	before := dev.Counters()
	var reads []gpu.Readback
	for _, programs := range [][]gpu.Program{{program}, {program, program}, nil} {
		r, err := gpu.SubmitRead(dev, y, 0, 4, programs...)
		if err != nil {
			t.Fatal(err)
		}
		reads = append(reads, r)
	}
	for i, want := range []float32{7, 31, 31} {
		got := make([]byte, 4)
		if err := reads[i].Wait(t.Context(), got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, floats(want)) {
			t.Errorf("read %d: got %v, want %v", i, got, want)
		}
	}
	after := dev.Counters()
	if after.Dispatches-before.Dispatches != 6 || after.Submits-before.Submits != 3 || after.BytesRead-before.BytesRead != 12 {
		t.Errorf("counted %+v, was %+v; want 6 dispatches in 3 submits, 12 bytes read", after, before)
	}
	if _, err := gpu.SubmitRead(dev, y, 12, 4, program); err == nil {
		t.Error("a read behind the end of a buffer passed")
	}
	program.Release()
	if _, err := gpu.SubmitRead(dev, y, 0, 4, program); err == nil {
		t.Error("a program that was released passed")
	}
}

func testOrder(t *testing.T, dev gpu.Device) {
	p := newPipeline(t, dev, affineDesc("affine"))
	x, y := newBuffer(t, dev, "x", gpu.Storage, 4), newBuffer(t, dev, "y", gpu.Storage, 4)
	write(t, dev, x, 0, floats(1))
	double := newProgram(t, dev, affine(t, dev, p, gpu.Binding{Buffer: x}, gpu.Binding{Buffer: y}, 1, 2, 0))
	add := newProgram(t, dev, affine(t, dev, p, gpu.Binding{Buffer: y}, gpu.Binding{Buffer: x}, 1, 1, 3))
	submit(t, dev, double, add, double, add) // ((1·2+3)·2)+3
	if got := readFloats(t, dev, x, 0, 1)[0]; got != 13 {
		t.Errorf("got %v, want 13", got)
	}
}

func testOffsets(t *testing.T, dev gpu.Device) {
	p := newPipeline(t, dev, affineDesc("affine"))
	x, y := newBuffer(t, dev, "x", gpu.Storage, 1024), newBuffer(t, dev, "y", gpu.Storage, 1024)
	write(t, dev, x, 256, floats(5, 6))
	submit(t, dev, newProgram(t, dev, affine(t, dev, p,
		gpu.Binding{Buffer: x, Offset: 256, Size: 8}, gpu.Binding{Buffer: y, Offset: 512}, 2, 10, 0)))
	if got := readFloats(t, dev, y, 508, 4); !slices.Equal(got, []float32{0, 50, 60, 0}) {
		t.Errorf("got %v, want [0 50 60 0]", got)
	}
}

func testWritesBetween(t *testing.T, dev gpu.Device) {
	p := newPipeline(t, dev, affineDesc("affine"))
	x, y := newBuffer(t, dev, "x", gpu.Storage, 4), newBuffer(t, dev, "y", gpu.Storage, 4)
	program := newProgram(t, dev, affine(t, dev, p, gpu.Binding{Buffer: x}, gpu.Binding{Buffer: y}, 1, 2, 0))
	var reads []gpu.Readback
	for i := range 6 {
		write(t, dev, x, 0, floats(float32(i)))
		submit(t, dev, program)
		r, err := dev.StartRead(y, 0, 4)
		if err != nil {
			t.Fatal(err)
		}
		reads = append(reads, r)
	}
	for i, r := range reads {
		got := make([]byte, 4)
		if err := r.Wait(t.Context(), got); err != nil {
			t.Fatal(err)
		}
		if want := floats(float32(2 * i)); !slices.Equal(got, want) {
			t.Errorf("step %d: got %v, want %v", i, got, want)
		}
	}
}

func testShaderError(t *testing.T, dev gpu.Device) {
	desc := affineDesc("broken")
	desc.Source = strings.Replace(desc.Source, "if (id.x", "iff (id.x", 1)
	checkShaderError(t, dev, desc, 9)
}

func testTypeError(t *testing.T, dev gpu.Device) {
	desc := affineDesc("mistyped")
	desc.Source = strings.Replace(desc.Source, "params.a * x", "params.n * x", 1)
	checkShaderError(t, dev, desc, 10)
}

func checkShaderError(t *testing.T, dev gpu.Device, desc gpu.PipelineDesc, line int) {
	t.Helper()
	_, err := dev.NewPipeline(t.Context(), desc)
	var shader *gpu.ShaderError
	if !errors.As(err, &shader) {
		t.Fatalf("got %v, want a *gpu.ShaderError", err)
	}
	t.Log(shader)
	if shader.Kernel != desc.Label || shader.Line != line || shader.Column == 0 || shader.Message == "" {
		t.Errorf("got %+v, want kernel %s, line %d and a column", shader, desc.Label, line)
	}
	newPipeline(t, dev, affineDesc("affine")) // the device is still good
}

// A kernel that writes what its desc calls read, or binds more than it says.
func testLayoutMismatch(t *testing.T, dev gpu.Device) {
	for _, bindings := range [][]gpu.Access{
		{gpu.Read, gpu.Read, gpu.Params},
		{gpu.Read, gpu.ReadWrite},
		{gpu.Read, gpu.ReadWrite, gpu.Read},
	} {
		desc := affineDesc("mismatch")
		desc.Bindings = bindings
		_, err := dev.NewPipeline(t.Context(), desc)
		var shader *gpu.ShaderError
		if !errors.As(err, &shader) {
			t.Errorf("bindings %v: got %v, want a *gpu.ShaderError", bindings, err)
		}
		t.Log(err)
	}
}

func testBindingMistakes(t *testing.T, dev gpu.Device) {
	p := newPipeline(t, dev, affineDesc("affine"))
	x, y := newBuffer(t, dev, "x", gpu.Storage, 1024), newBuffer(t, dev, "y", gpu.Storage, 1024)
	good := affine(t, dev, p, gpu.Binding{Buffer: x}, gpu.Binding{Buffer: y}, 4, 2, 1)
	tests := []struct {
		name   string
		change func(*gpu.Dispatch)
	}{
		{"a binding is missing", func(d *gpu.Dispatch) { d.Bindings = d.Bindings[:2] }},
		{"no buffer", func(d *gpu.Dispatch) { d.Bindings[0].Buffer = nil }},
		{"crooked offset", func(d *gpu.Dispatch) { d.Bindings[0].Offset = 4 }},
		{"outside", func(d *gpu.Dispatch) { d.Bindings[0].Offset = 1024 }},
		{"read and written", func(d *gpu.Dispatch) { d.Bindings[0].Buffer = y }},
		{"storage as params", func(d *gpu.Dispatch) { d.Bindings[2].Buffer = x }},
		{"params as storage", func(d *gpu.Dispatch) { d.Bindings[0].Buffer = d.Bindings[2].Buffer }},
		{"empty grid", func(d *gpu.Dispatch) { d.Grid[1] = 0 }},
		{"huge grid", func(d *gpu.Dispatch) { d.Grid[0] = dev.Info().Limits.MaxComputeWorkgroupsPerDimension + 1 }},
	}
	for _, test := range tests {
		bad := good
		bad.Bindings = slices.Clone(good.Bindings)
		test.change(&bad)
		_, err := dev.NewProgram(t.Context(), test.name, []gpu.Dispatch{good, bad})
		if err == nil {
			t.Errorf("%s: passed", test.name)
		} else {
			t.Logf("%s: %v", test.name, err)
		}
	}
	submit(t, dev, newProgram(t, dev, good)) // the device is still good
	readFloats(t, dev, y, 0, 1)
}

func testReleasedBuffer(t *testing.T, dev gpu.Device) {
	p := newPipeline(t, dev, affineDesc("affine"))
	x, y := newBuffer(t, dev, "x", gpu.Storage, 16), newBuffer(t, dev, "y", gpu.Storage, 16)
	program := newProgram(t, dev, affine(t, dev, p, gpu.Binding{Buffer: x}, gpu.Binding{Buffer: y}, 4, 2, 1))
	submit(t, dev, program)
	x.Release() // while the GPU may be at it
	if err := dev.Submit(program); err == nil {
		t.Error("Submit of a program whose buffer is released passed")
	}
	if got := readFloats(t, dev, y, 0, 1)[0]; got != 1 {
		t.Errorf("y[0] is %v, want 1", got)
	}
	program.Release()
	program.Release()
	if err := dev.Submit(program); err == nil {
		t.Error("Submit of a released program passed")
	}
}

func testParallelPipelines(t *testing.T, dev gpu.Device) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			desc := affineDesc(fmt.Sprintf("affine %d", i))
			if i%4 == 3 {
				desc.Source = strings.Replace(desc.Source, "params.a *", "params.nope *", 1)
			}
			_, err := dev.NewPipeline(t.Context(), desc)
			var shader *gpu.ShaderError
			if isShader := errors.As(err, &shader); isShader != (i%4 == 3) || (isShader && shader.Kernel != desc.Label) {
				t.Errorf("pipeline %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}
