package gputest

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"mixtab/engine/gpu"
)

func testInfo(t *testing.T, dev gpu.Device) {
	info := dev.Info()
	t.Logf("%+v", info)
	if info.Driver == "" || info.Adapter == "" {
		t.Errorf("info %+v lacks a name", info)
	}
	l, d := info.Limits, gpu.DefaultLimits
	if l.MaxBufferSize < d.MaxBufferSize || l.MaxStorageBufferBindingSize < d.MaxStorageBufferBindingSize ||
		l.MaxStorageBuffersPerShaderStage < d.MaxStorageBuffersPerShaderStage ||
		l.MaxComputeWorkgroupStorageSize < d.MaxComputeWorkgroupStorageSize ||
		l.MaxComputeInvocationsPerWorkgroup < d.MaxComputeInvocationsPerWorkgroup ||
		l.MaxComputeWorkgroupsPerDimension < d.MaxComputeWorkgroupsPerDimension {
		t.Errorf("limits %+v, want at least %+v", l, d)
	}
}

func testZeroed(t *testing.T, dev gpu.Device) {
	b := newBuffer(t, dev, "zeroed", gpu.Storage, 4099)
	if b.Size() != 4100 || b.Label() != "zeroed" {
		t.Errorf("got %q of %d bytes, want zeroed of 4100", b.Label(), b.Size())
	}
	got := bytes.Repeat([]byte{0xff}, 4100)
	if err := gpu.ReadInto(t.Context(), dev, b, 0, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, make([]byte, 4100)) {
		t.Error("a new buffer is not zero")
	}
}

func testWriteThenRead(t *testing.T, dev gpu.Device) {
	for _, size := range []int{4, 16, 256, 260, 65536, 5 << 20} {
		b := newBuffer(t, dev, "round trip", gpu.Storage, size+8)
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i*7 + i>>8)
		}
		data := bytes.Clone(want)
		write(t, dev, b, 4, data)
		clear(data) // the driver must have copied it
		got := make([]byte, size+8)
		if err := gpu.ReadInto(t.Context(), dev, b, 0, got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got[4:size+4], want) || !bytes.Equal(got[:4], make([]byte, 4)) || !bytes.Equal(got[size+4:], make([]byte, 4)) {
			t.Errorf("%d bytes came back changed", size)
		}
		b.Release()
	}
	write(t, dev, newBuffer(t, dev, "nothing", gpu.Storage, 4), 0, nil)
}

func testOutside(t *testing.T, dev gpu.Device) {
	b := newBuffer(t, dev, "small", gpu.Storage, 16)
	for _, test := range []struct{ offset, n int }{{2, 4}, {0, 3}, {16, 4}, {12, 8}, {-4, 4}} {
		if err := dev.Write(b, test.offset, make([]byte, test.n)); err == nil {
			t.Errorf("Write of %d bytes at %d of 16 passed", test.n, test.offset)
		}
		if _, err := dev.StartRead(b, test.offset, test.n); err == nil {
			t.Errorf("StartRead of %d bytes at %d of 16 passed", test.n, test.offset)
		}
	}
	if _, err := dev.NewBuffer(t.Context(), "empty", gpu.Storage, 0); err == nil {
		t.Error("a buffer of no bytes passed")
	}
	write(t, dev, b, 0, make([]byte, 16)) // the device is still good
}

func testTooLarge(t *testing.T, dev gpu.Device) {
	_, err := dev.NewBuffer(t.Context(), "huge", gpu.Storage, dev.Info().Limits.MaxBufferSize+4)
	if !errors.Is(err, gpu.ErrOutOfMemory) {
		t.Errorf("got %v, want ErrOutOfMemory", err)
	}
	newBuffer(t, dev, "after", gpu.Storage, 4)
}

func testReadsInFlight(t *testing.T, dev gpu.Device) {
	b := newBuffer(t, dev, "x", gpu.Storage, 4)
	var reads []gpu.Readback
	for i := range 8 {
		write(t, dev, b, 0, []byte{byte(i), 1, 2, 3})
		r, err := dev.StartRead(b, 0, 4)
		if err != nil {
			t.Fatal(err)
		}
		reads = append(reads, r)
	}
	for _, i := range []int{7, 0, 3, 1, 2, 6, 5, 4} {
		got := make([]byte, 4)
		if err := reads[i].Wait(t.Context(), got); err != nil {
			t.Fatal(err)
		}
		if want := []byte{byte(i), 1, 2, 3}; !bytes.Equal(got, want) {
			t.Errorf("read %d: got %v, want %v", i, got, want)
		}
	}
}

func testWaitTwice(t *testing.T, dev gpu.Device) {
	r, err := dev.StartRead(newBuffer(t, dev, "x", gpu.Storage, 8), 0, 8)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Wait(t.Context(), make([]byte, 4)); err == nil {
		t.Error("a Wait into too few bytes passed")
	}
	if err := r.Wait(t.Context(), make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	if err := r.Wait(t.Context(), make([]byte, 8)); err == nil {
		t.Error("the second Wait passed")
	}
}

func testWaitContext(t *testing.T, dev gpu.Device) {
	if dev.Info().Driver == "ref" {
		t.Skip("the ref device has the bytes at once")
	}
	b := newBuffer(t, dev, "x", gpu.Storage, 1<<20)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 4 { // the buffers given up must come back
		r, err := dev.StartRead(b, 0, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Wait(gone, make([]byte, 1<<20))
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want context.Canceled", err)
		}
	}
	readFloats(t, dev, b, 0, 4)
}

func testHeld(t *testing.T, dev gpu.Device) {
	before := dev.Counters()
	b := newBuffer(t, dev, "x", gpu.Storage, 1000)
	if got := dev.Counters().BytesHeld - before.BytesHeld; got != 1000 {
		t.Errorf("holds %d bytes more, want 1000", got)
	}
	write(t, dev, b, 0, make([]byte, 400))
	readFloats(t, dev, b, 0, 50)
	b.Release()
	b.Release()
	after := dev.Counters()
	if after.BytesHeld != before.BytesHeld || after.BytesPeak < 1000 {
		t.Errorf("after Release: %+v", after)
	}
	if after.BytesWritten-before.BytesWritten != 400 || after.BytesRead-before.BytesRead != 200 {
		t.Errorf("wrote 400 and read 200 bytes: %+v", after)
	}
	if err := dev.Write(b, 0, make([]byte, 4)); err == nil {
		t.Error("Write to a released buffer passed")
	}
}

func testAfterClose(t *testing.T, dev gpu.Device) {
	b := newBuffer(t, dev, "x", gpu.Storage, 16)
	r, err := dev.StartRead(b, 0, 16)
	if err != nil {
		t.Fatal(err)
	}
	dev.Close()
	dev.Close()
	b.Release()
	if err := dev.Write(b, 0, make([]byte, 4)); err == nil {
		t.Error("Write passed")
	}
	if _, err := dev.StartRead(b, 0, 4); err == nil {
		t.Error("StartRead passed")
	}
	if _, err := dev.NewBuffer(t.Context(), "y", gpu.Storage, 4); err == nil {
		t.Error("NewBuffer passed")
	}
	if _, err := dev.NewProgram(t.Context(), "p", nil); err == nil {
		t.Error("NewProgram passed")
	}
	if err := r.Wait(t.Context(), make([]byte, 16)); err == nil && dev.Info().Driver != "ref" {
		t.Error("Wait passed")
	}
}
