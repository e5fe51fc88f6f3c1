//go:build js && wasm

package webgpu

import (
	"errors"
	"testing"
	"time"

	"github.com/hack-pad/safejs"

	"mixtab/engine/gpu"
	"mixtab/engine/gpu/gputest"
)

func open(t *testing.T) *Device {
	t.Helper()
	dev, err := Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

func TestDevice(t *testing.T) {
	gputest.RunAll(t, func(t *testing.T) gpu.Device { return open(t) })
}

func TestDeviceLost(t *testing.T) {
	d := open(t)
	defer d.Close()
	b, err := d.NewBuffer(t.Context(), "x", gpu.Storage, 16)
	if err != nil {
		t.Fatal(err)
	}
	read, err := d.StartRead(b, 0, 16)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.JS().Call("destroy"); err != nil {
		t.Fatal(err)
	}
	if err := read.Wait(t.Context(), make([]byte, 16)); !errors.Is(err, gpu.ErrDeviceLost) {
		t.Errorf("Wait: got %v, want ErrDeviceLost", err)
	}
	select {
	case err := <-d.Lost():
		if !errors.Is(err, gpu.ErrDeviceLost) {
			t.Errorf("Lost: got %v, want ErrDeviceLost", err)
		}
		t.Log(err)
	case <-time.After(5 * time.Second):
		t.Fatal("Lost says nothing")
	}
	_, bufferErr := d.NewBuffer(t.Context(), "y", gpu.Storage, 16)
	_, readErr := d.StartRead(b, 0, 16)
	_, programErr := d.NewProgram(t.Context(), "p", nil)
	for op, err := range map[string]error{
		"NewBuffer": bufferErr, "StartRead": readErr, "NewProgram": programErr,
		"Write": d.Write(b, 0, make([]byte, 4)), "Submit": d.Submit(),
	} {
		if !errors.Is(err, gpu.ErrDeviceLost) {
			t.Errorf("%s: got %v, want ErrDeviceLost", op, err)
		}
	}
}

func TestWriteJS(t *testing.T) {
	d := open(t)
	defer d.Close()
	b, err := d.NewBuffer(t.Context(), "x", gpu.Storage, 16)
	if err != nil {
		t.Fatal(err)
	}
	class, _ := safejs.Global().Get("Uint8Array")
	array, err := class.New(12)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := safejs.CopyBytesToJS(array, []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}); err != nil {
		t.Fatal(err)
	}
	view, err := array.Call("subarray", 4)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := array.Get("buffer")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.WriteJS(b, 0, memory, 1, 4), d.WriteJS(b, 8, view, 4, 4)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 16)
	if err := gpu.ReadInto(t.Context(), d, b, 0, got); err != nil {
		t.Fatal(err)
	}
	if want := [16]byte{1, 2, 3, 4, 0, 0, 0, 0, 8, 9, 10, 11}; [16]byte(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := d.WriteJS(b, 0, memory, 8, 16); err == nil {
		t.Error("a source that is too short passed")
	}
}

// Uploads of more than the ring, from several goroutines, in front of a read.
func TestUploadJS(t *testing.T) {
	d := open(t)
	defer d.Close()
	const n = 40<<20 + 4
	class, _ := safejs.Global().Get("Uint8Array")
	var buffers []gpu.Buffer
	failures := make(chan error)
	for i := range 3 {
		b, err := d.NewBuffer(t.Context(), "x", gpu.Storage, n+4)
		if err != nil {
			t.Fatal(err)
		}
		buffers = append(buffers, b)
		array, err := class.New(n + 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{1, 16 << 20, 32 << 20, n} {
			if err := array.SetIndex(at, i+1); err != nil {
				t.Fatal(err)
			}
		}
		go func() { failures <- d.UploadJS(t.Context(), b, 4, array, 1, n) }()
	}
	for range buffers {
		if err := <-failures; err != nil {
			t.Fatal(err)
		}
	}
	got := make([]byte, n+4)
	for i, b := range buffers {
		if err := gpu.ReadInto(t.Context(), d, b, 0, got); err != nil {
			t.Fatal(err)
		}
		mark, count := byte(i+1), 0
		for _, at := range []int{4, 16<<20 + 3, 32<<20 + 3, n + 3} {
			if got[at] != mark {
				t.Errorf("upload %d: byte %d is %d, want %d", i, at, got[at], mark)
			}
		}
		for _, v := range got {
			if v != 0 {
				count++
			}
		}
		if count != 4 {
			t.Errorf("upload %d: %d bytes are set, want 4", i, count)
		}
	}
	array, _ := class.New(8)
	if err := d.UploadJS(t.Context(), buffers[0], 0, array, 4, 8); err == nil {
		t.Error("a source that is too short passed")
	}
}

func TestReplayCost(t *testing.T) {
	dev := open(t)
	defer dev.Close()
	gputest.Replay(t, dev, 500)
}

// A program is one crossing, and a result two: ask, and be told; and one more to copy what
// is longer than a word. Both together are two.
func TestCrossings(t *testing.T) {
	d := open(t)
	defer d.Close()
	b, err := d.NewBuffer(t.Context(), "x", gpu.Storage, 16)
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.NewPipeline(t.Context(), gpu.PipelineDesc{
		Kernel: "count", Label: "count", Bindings: []gpu.Access{gpu.ReadWrite},
		Source: `@group(0) @binding(0) var<storage, read_write> x: array<u32>;
@compute @workgroup_size(1) fn main() { x[0] += 1u; }`,
	})
	if err != nil {
		t.Fatal(err)
	}
	dispatches := make([]gpu.Dispatch, 300)
	for i := range dispatches {
		dispatches[i] = gpu.Dispatch{Pipeline: p, Bindings: []gpu.Binding{{Buffer: b}}, Grid: [3]int{1, 1, 1}}
	}
	program, err := d.NewProgram(t.Context(), "count", dispatches)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]byte, 4)
	if err := gpu.ReadInto(t.Context(), d, b, 0, dst); err != nil { // makes the slot
		t.Fatal(err)
	}
	calls := func(op string, want uint64, f func() error) {
		t.Helper()
		before := d.Counters().HostCalls
		if err := f(); err != nil {
			t.Fatal(err)
		}
		if got := d.Counters().HostCalls - before; got != want {
			t.Errorf("%s: %d crossings, want %d", op, got, want)
		}
	}
	calls("Submit", 1, func() error { return d.Submit(program) })
	calls("Submit of three", 1, func() error { return d.Submit(program, program, program) })
	calls("read", 2, func() error { return gpu.ReadInto(t.Context(), d, b, 0, dst) })
	if got := int(dst[0]) + int(dst[1])<<8; got != 1200 {
		t.Errorf("x[0] is %d, want 1200", got)
	}
	calls("read of more", 3, func() error { return gpu.ReadInto(t.Context(), d, b, 0, make([]byte, 8)) })
	calls("Submit with a read", 2, func() error {
		r, err := gpu.SubmitRead(d, b, 0, 4, program)
		if err != nil {
			return err
		}
		return r.Wait(t.Context(), dst)
	})
	if got := int(dst[0]) + int(dst[1])<<8; got != 1500 {
		t.Errorf("x[0] is %d, want 1500", got)
	}
}
