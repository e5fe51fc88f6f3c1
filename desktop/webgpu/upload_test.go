package webgpu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"mixtab/engine/gpu"
)

func newBuffer(t *testing.T, dev gpu.Device, size int) gpu.Buffer {
	t.Helper()
	b, err := dev.NewBuffer(t.Context(), fmt.Sprintf("%d bytes", size), gpu.Storage, size)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Sizes around those at which a write takes another way.
func TestUpload(t *testing.T) {
	dev := open(t).(*device)
	defer dev.Close()
	for _, size := range []int{4, uploadFrom - 4, uploadFrom, slotBytes - 4, slotBytes, slotBytes + 4, (ringSlots+1)*slotBytes + 8} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i*7 + i>>8)
		}
		b := newBuffer(t, dev, size+8)
		if err := dev.Upload(t.Context(), b, 4, size, func(at int, dst []byte) error {
			copy(dst, want[at:])
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, size+8)
		if err := gpu.ReadInto(t.Context(), dev, b, 0, got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got[4:size+4], want) || !bytes.Equal(got[:4], make([]byte, 4)) || !bytes.Equal(got[size+4:], make([]byte, 4)) {
			t.Errorf("%d bytes came changed", size)
		}
		b.Release()
	}
}

func TestUploadFails(t *testing.T) {
	dev := open(t).(*device)
	defer dev.Close()
	b := newBuffer(t, dev, 4*slotBytes)
	torn := errors.New("torn")
	for range ringSlots + 1 { // a slot whose filling failed is not lost
		err := dev.Upload(t.Context(), b, 0, 4*slotBytes, func(at int, dst []byte) error {
			if at == slotBytes {
				return torn
			}
			return nil
		})
		if err != torn {
			t.Fatalf("got %v", err)
		}
	}
	gone := newBuffer(t, dev, 2*slotBytes)
	err := dev.Upload(t.Context(), gone, 0, 2*slotBytes, func(at int, dst []byte) error {
		gone.Release()
		return nil
	})
	var refused *gpu.ValidationError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "has been released") {
		t.Errorf("into a buffer that is released meanwhile: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var busy []*slot // all others have all slots
	for range ringSlots {
		s, err := dev.takeSlot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		busy = append(busy, s)
	}
	if err := dev.Upload(ctx, b, 0, slotBytes, func(int, []byte) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, s := range busy {
		if err := dev.sendSlot(s, nil, 0, 0, torn); err != torn {
			t.Error(err)
		}
	}
	if err := dev.Write(b, 0, make([]byte, slotBytes)); err != nil {
		t.Error(err)
	}
}

// Experts are loaded beside the engine's own use of the device.
func TestConcurrentUse(t *testing.T) {
	dev := open(t)
	defer dev.Close()
	const loaders, rounds = 4, 6
	var group sync.WaitGroup
	for g := range loaders {
		group.Go(func() {
			size := slotBytes + 4*g
			for i := range rounds {
				b, err := dev.NewBuffer(t.Context(), "x", gpu.Storage, size)
				if err == nil {
					err = dev.Write(b, 0, bytes.Repeat([]byte{byte(g), byte(i), 2, 3}, size/4))
				}
				var got [4]byte
				if err == nil {
					err = gpu.ReadInto(t.Context(), dev, b, size-4, got[:])
				}
				if err != nil || got != [4]byte{byte(g), byte(i), 2, 3} {
					t.Errorf("loader %d, round %d: %v, %v", g, i, got, err)
					return
				}
				b.Release()
			}
		})
	}
	small := newBuffer(t, dev, 4)
	for i := range 200 {
		if err := errors.Join(dev.Write(small, 0, []byte{byte(i), 0, 0, 0}), dev.Submit()); err != nil {
			t.Fatal(err)
		}
		var got [4]byte
		if err := gpu.ReadInto(t.Context(), dev, small, 0, got[:]); err != nil || got[0] != byte(i) {
			t.Fatalf("%d: got %v, %v", i, got, err)
		}
	}
	group.Wait()
}

func TestCloseWhileUploading(t *testing.T) {
	dev := open(t).(*device)
	b := newBuffer(t, dev, 4*slotBytes)
	filling, closed := make(chan struct{}), make(chan struct{})
	go func() {
		<-filling
		dev.Close()
		close(closed)
	}()
	err := dev.Upload(t.Context(), b, 0, 4*slotBytes, func(at int, dst []byte) error {
		if at == 0 {
			close(filling)
		}
		for dev.usableNow() && at > 0 {
			runtime.Gosched()
		}
		clear(dst) // the memory must still be there
		return nil
	})
	if !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
	<-closed
}

func (d *device) usableNow() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.usable() == nil
}

// Gigabytes stream through a bounded amount of memory, even where nothing is read back.
func TestUploadMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIP: reads /proc/self/status")
	}
	dev := open(t)
	defer dev.Close()
	b := newBuffer(t, dev, 64<<20)
	data := make([]byte, 33<<20)
	for _, size := range []int{len(data), uploadFrom - 4} {
		if err := dev.Write(b, 0, data); err != nil { // the buffer's pages, and the ring
			t.Fatal(err)
		}
		before, most := resident(t), 0
		for n := 0; n < 1<<30; n += size {
			if err := dev.Write(b, 0, data[:size]); err != nil {
				t.Fatal(err)
			}
			if n>>20%64 == 0 {
				most = max(most, resident(t))
			}
		}
		if most-before > 64<<20 {
			t.Errorf("writes of %d bytes: memory grew by %d MB", size, (most-before)>>20)
		}
	}
}

// resident is the memory of this process in bytes, files apart.
func resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	var anon int
	if _, after, ok := strings.Cut(string(status), "RssAnon:"); !ok {
		t.Skip("SKIP: this kernel does not tell RssAnon")
	} else if _, err := fmt.Sscan(after, &anon); err != nil {
		t.Fatal(err)
	}
	return anon << 10
}
