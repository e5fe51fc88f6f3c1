//go:build js && wasm

package source

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"mixtab/engine/gpu"
	"mixtab/engine/weights"
	"mixtab/wasm/webgpu"
)

// loadAll brings every part to the device and compares it with the pack.
func loadAll(t *testing.T, dev *webgpu.Device, p *Source, f *fake) error {
	t.Helper()
	raw, err := p.Manifest(t.Context())
	if err != nil {
		return err
	}
	man, err := weights.ParseManifest(raw)
	if err != nil {
		return err
	}
	for _, tensor := range man.Tensors {
		for _, part := range tensor.Parts {
			if err := loadOne(t, dev, p, f, part); err != nil {
				return err
			}
		}
	}
	return nil
}

func loadOne(t *testing.T, dev *webgpu.Device, p *Source, f *fake, part weights.Part) error {
	t.Helper()
	const before = 256 // bytes in front that must stay
	b, err := dev.NewBuffer(t.Context(), "part", gpu.Storage, before+int(part.Length))
	if err != nil {
		return err
	}
	defer b.Release()
	if err := p.Load(t.Context(), part, b, before); err != nil {
		return err
	}
	got := make([]byte, before+part.Length)
	if err := gpu.ReadInto(t.Context(), dev, b, 0, got); err != nil {
		return err
	}
	want := f.shards[part.Shard][part.Offset : part.Offset+part.Length]
	if !bytes.Equal(got[before:], want) || !bytes.Equal(got[:before], make([]byte, before)) {
		t.Errorf("part %+v has other bytes on the device", part)
	}
	return nil
}

func TestLoad(t *testing.T) {
	f, man := tinyPack(t)
	dev := open(t)
	p := f.store().Pack(base).On(dev)
	if err := loadAll(t, dev, p, f); err != nil {
		t.Fatal(err)
	}
	if tok, err := p.Tokenizer(t.Context()); err != nil || tok != nil {
		t.Errorf("a pack without a tokenizer gave %d bytes, %v", len(tok), err)
	}
	// Small parts share the reads of their windows.
	if got, want := len(f.reads), len(man.Shards); got != want {
		t.Errorf("%d reads, want %d: %v", got, want, f.reads)
	}
	if kept := f.bytesAlive(); kept > windowsKept*windowBytes {
		t.Errorf("%d bytes are still in memory", kept)
	}
}

// Parts beyond a chunk, at sizes around its multiples, one by one and all at once.
func TestLoadLarge(t *testing.T) {
	f, _ := tinyPack(t)
	dev := open(t)
	p := f.store().Pack(base).On(dev)
	if _, err := p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	huge := f.hugeShard(p, 2*chunkBytes+256)
	parts := []weights.Part{huge}
	for _, n := range []int64{queueBelow - 4, queueBelow, chunkBytes - 4, chunkBytes, chunkBytes + 4, 2 * chunkBytes} {
		parts = append(parts, weights.Part{Shard: huge.Shard, Offset: 256, Length: n})
	}
	// Small ones across a window's edge and behind it.
	parts = append(parts, weights.Part{Shard: huge.Shard, Offset: windowBytes - 256, Length: 512},
		weights.Part{Shard: huge.Shard, Offset: 2 * chunkBytes, Length: 256})
	for _, part := range parts {
		if err := loadOne(t, dev, p, f, part); err != nil {
			t.Fatal(err)
		}
	}
	var all errgroup.Group
	for _, part := range parts {
		all.Go(func() error { return loadOne(t, dev, p, f, part) })
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	if most := inFlight*chunkBytes + (windowsKept+2)*windowBytes; f.most > most {
		t.Errorf("%d bytes were in memory at once, want at most %d", f.most, most)
	}
	if kept := f.bytesAlive(); kept > windowsKept*windowBytes {
		t.Errorf("%d bytes are still in memory", kept)
	}
}

func TestFaults(t *testing.T) {
	dev := open(t)
	for _, c := range []struct {
		name   string
		method string
		fault  fault
		want   error
	}{
		{"no network", "open", fault{kind: "network", message: "x cannot be reached"}, ErrNetwork},
		{"no pack", "open", fault{kind: "missing", message: "x answered 404"}, weights.ErrBadShard},
		{"no file system", "open", fault{kind: "unavailable", message: "x"}, ErrStorage},
		{"read error", "read", fault{kind: "unavailable", message: "x could not be read"}, ErrStorage},
		{"cut off", "read", fault{kind: "network", message: "x broke off"}, ErrNetwork},
		{"no room", "read", fault{kind: "quota", message: "x needs 1 GB more"}, ErrStorage},
		{"corrupt twice", "read", fault{kind: "damaged", message: "x has other bytes"}, weights.ErrBadShard},
		{"deleted under us", "read", fault{kind: "deleted", message: "x was deleted"}, ErrStorage},
		{"short read", "read", fault{short: true}, ErrStorage},
		{"a bug", "read", fault{kind: "", message: "undefined is not a function"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _ := tinyPack(t)
			p := f.store().Pack(base).On(dev)
			f.faults[c.method] = &c.fault
			err := loadAll(t, dev, p, f)
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if want := c.fault.message; !c.fault.short && err.Error() != want {
				t.Errorf("got %q, want the store's own words: %q", err, want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			if kept := f.bytesAlive(); c.method == "read" && kept > 0 {
				t.Errorf("%d bytes are still in memory", kept)
			}
			// Nothing is lost: the next try succeeds.
			if err := loadAll(t, dev, p, f); err != nil {
				t.Errorf("after the fault: %v", err)
			}
		})
	}
}

// A large part whose read fails releases what its other chunks brought.
func TestFaultInLargePart(t *testing.T) {
	f, _ := tinyPack(t)
	dev := open(t)
	p := f.store().Pack(base).On(dev)
	if _, err := p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	part := f.hugeShard(p, 4*chunkBytes)
	f.faults["read"] = &fault{kind: "network", message: "broke off"}
	if err := loadOne(t, dev, p, f, part); !errors.Is(err, ErrNetwork) {
		t.Errorf("got %v, want %v", err, ErrNetwork)
	}
	if err := loadOne(t, dev, p, f, part); err != nil {
		t.Errorf("after the fault: %v", err)
	}
	eventually(t, func() bool { return f.bytesAlive() == 0 && len(p.slots) == 0 })
}

// A Load that is cancelled returns while its reads hang, and gives back what comes late.
func TestCancel(t *testing.T) {
	f, man := tinyPack(t)
	dev := open(t)
	p := f.store().Pack(base).On(dev)
	if _, err := p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.hold = make(chan struct{})
	for _, part := range []weights.Part{man.Tensors[0].Parts[0], f.hugeShard(p, (inFlight+1)*chunkBytes)} {
		b, err := dev.NewBuffer(t.Context(), "part", gpu.Storage, int(part.Length))
		if err != nil {
			t.Fatal(err)
		}
		defer b.Release()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := p.Load(ctx, part, b, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
		}
	}
	close(f.hold)
	eventually(t, func() bool { return len(f.reads) == inFlight+1 && f.bytesAlive() <= windowBytes && len(p.slots) == 0 })
	if err := loadAll(t, dev, p, f); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func eventually(t *testing.T, cond func() bool) {
	t.Helper()
	for range 200 {
		if cond() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("never came true")
}

func TestBadManifest(t *testing.T) {
	f, _ := tinyPack(t)
	f.manifest = []byte(`{"version": 99}`)
	_, err := f.store().Pack(base).Manifest(t.Context())
	want := base + "manifest.json: has format version 99, newer than this mixtab's (1): update mixtab"
	if !errors.Is(err, weights.ErrBadManifest) || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestOpen(t *testing.T) {
	f, man := tinyPack(t)
	f.stored, f.complete = man.Bytes(), true
	p := f.store().Pack(base)
	for range 2 {
		s, err := p.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.StoredBytes != man.Bytes() || !s.Complete || !s.Persistent || s.Manifest.Name != man.Name {
			t.Errorf("got %+v", s)
		}
		f.manifest = nil // it is asked for only once
	}
}

func TestDownload(t *testing.T) {
	f, _ := tinyPack(t)
	p := f.store().Pack(base)
	f.progress = []map[string]any{
		{"doneBytes": 1, "totalBytes": 5e9, "bytesPerSecond": 0, "secondsLeft": 0, "phase": "waiting", "owner": false},
		{"doneBytes": 4e9, "totalBytes": 5e9, "bytesPerSecond": 2e8, "secondsLeft": 5, "phase": "downloading", "owner": true},
	}
	var got []Progress
	if err := p.Download(func(p Progress) { got = append(got, p) }); err != nil {
		t.Fatal(err)
	}
	want := []Progress{{1, 5e9, 0, -1, "waiting"}, {4e9, 5e9, 2e8, 5, "downloading"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	f.faults["download"] = &fault{kind: "quota", message: "no room"}
	if err := p.Download(func(Progress) {}); !errors.Is(err, ErrStorage) {
		t.Errorf("got %v, want %v", err, ErrStorage)
	}
}
