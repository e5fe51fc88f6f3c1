package webgpu

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cogentcore/webgpu/wgpu"

	"mixtab/engine/gpu"
)

// Large writes go through a ring of mapped staging buffers. wgpu-native's WriteBuffer
// allocates staging for every call and keeps it until a later submit has run: 3 GB of
// writes took 3.2 GB of memory, at 1.4 GB/s where the ring has 7 (llvmpipe, two cores).
const (
	slotBytes = 4 << 20
	ringSlots = 8
	// fillers is how many slots are filled at a time: enough to keep a disk busy. With
	// more, four loads at once took a third longer than one after the other on two cores.
	fillers = 2

	// uploadFrom is the size from which a slot is worth its submit.
	uploadFrom = 256 << 10
	// flushEvery bounds what smaller writes leave in wgpu-native's staging.
	flushEvery = 8 << 20
)

// A slot of the ring is idle and mapped, being filled, or in flight until its copy has
// run and it is mapped again.
type slot struct {
	raw   *wgpu.Buffer
	m     mapping
	bytes []byte // while mapped
	busy  bool
}

func (s *slot) release() {
	s.raw.Destroy()
	s.raw.Release()
	if s.m.done() { // a lost device may still tell its mapping: better 4 bytes leaked
		s.m.free()
	}
}

// Upload moves n bytes to b without memory of the caller's: fill is given one piece of
// staging memory after the other, with its place in the n bytes, and must write all of
// it. Several Uploads may run at once, and fill without holding up the device.
func (d *device) Upload(ctx context.Context, b gpu.Buffer, offset, n int, fill func(at int, dst []byte) error) error {
	d.mu.Lock()
	own, err := d.check("write", b, offset, n)
	if err == nil {
		err = d.usable()
	}
	if err != nil {
		d.mu.Unlock()
		return err
	}
	d.uploads.Add(1) // Close waits: fill writes into memory of the device
	d.mu.Unlock()
	defer d.uploads.Done()
	if n < uploadFrom {
		data := make([]byte, n)
		if err := fill(0, data); err != nil {
			return err
		}
		return d.Write(b, offset, data)
	}
	for at := 0; at < n; at += slotBytes {
		if err := d.uploadPiece(ctx, own, offset, at, min(n-at, slotBytes), fill); err != nil {
			return err
		}
	}
	return nil
}

func (d *device) uploadPiece(ctx context.Context, b *buffer, offset, at, n int, fill func(at int, dst []byte) error) error {
	select {
	case d.filling <- struct{}{}:
		defer func() { <-d.filling }()
	case <-ctx.Done():
		return fmt.Errorf("webgpu: write: %w", ctx.Err())
	}
	s, err := d.takeSlot(ctx)
	if err != nil {
		return err
	}
	err = fill(at, s.bytes[:n])
	return d.sendSlot(s, b, offset+at, n, err)
}

// takeSlot waits for an idle slot, as long as the device takes for the copies before.
func (d *device) takeSlot(ctx context.Context) (*slot, error) {
	for began := time.Now(); ; {
		s, err := d.idleSlot()
		if s != nil || err != nil {
			return s, err
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("webgpu: write: %w", err)
		}
		pause(min(max(time.Since(began)/32, 10*time.Microsecond), 999*time.Microsecond))
	}
}

// idleSlot returns nil where all slots are busy.
func (d *device) idleSlot() (*slot, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.usable(); err != nil {
		return nil, err
	}
	for polled := false; ; polled = true {
		for _, s := range d.ring {
			if s.busy || !s.m.done() {
				continue
			}
			if !s.m.ok() {
				return nil, &gpu.ValidationError{Op: "write", Message: "the staging buffer cannot be mapped"}
			}
			if s.bytes == nil {
				s.bytes = mapped(s.raw, slotBytes)
			}
			s.busy = true
			return s, nil
		}
		if polled {
			return nil, nil
		}
		if len(d.ring) < ringSlots {
			if err := d.addSlot(); err != nil {
				return nil, err
			}
		}
		d.state.poll(false)
		d.counters.HostCalls++
	}
}

func (d *device) addSlot() error {
	s := &slot{m: newMapping()}
	err := d.callLocked("staging", func() (err error) {
		s.raw, err = d.dev.CreateBuffer(&wgpu.BufferDescriptor{
			Label: "upload staging", Usage: wgpu.BufferUsageMapWrite | wgpu.BufferUsageCopySrc, Size: slotBytes,
		})
		if err == nil {
			s.m.toWrite(s.raw, slotBytes)
		}
		return err
	})
	if err != nil {
		s.m.free()
		return err
	}
	d.keep(s)
	d.ring = append(d.ring, s)
	return nil
}

// sendSlot submits the copy of a slot's first n bytes, unless filling it failed, and asks
// for its next mapping.
func (d *device) sendSlot(s *slot, b *buffer, offset, n int, filled error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.busy = false
	if filled != nil {
		return filled
	}
	if _, err := d.check("write", b, offset, n); err != nil {
		return err
	}
	if err := d.usable(); err != nil {
		return err
	}
	err := d.callLocked("write "+b.label, func() error {
		unmap(s.raw)
		s.bytes = nil
		encoder, err := d.dev.CreateCommandEncoder(nil)
		if err != nil {
			return err
		}
		defer encoder.Release()
		if err := encoder.CopyBufferToBuffer(s.raw, 0, b.raw, uint64(offset), uint64(n)); err != nil {
			return err
		}
		if err := d.finish(encoder); err != nil {
			return err
		}
		s.m.toWrite(s.raw, slotBytes)
		return nil
	})
	if err != nil {
		d.ring = slices.DeleteFunc(d.ring, func(other *slot) bool { return other == s })
		delete(d.live, s)
		s.release()
		return err
	}
	d.unflushed = 0
	d.counters.HostCalls++
	d.counters.BytesWritten += uint64(n)
	return nil
}

// writeSmall leaves the copy to wgpu-native. The lock is held.
func (d *device) writeSmall(b *buffer, offset int, data []byte) error {
	err := d.callLocked("write "+b.label, func() error {
		return d.queue.WriteBuffer(b.raw, uint64(offset), data)
	})
	if err != nil {
		return err
	}
	d.counters.HostCalls++
	d.counters.BytesWritten += uint64(len(data))
	if d.unflushed += len(data); d.unflushed < flushEvery {
		return nil
	}
	d.unflushed = 0
	d.counters.HostCalls += 2
	return d.callLocked("write "+b.label, func() error {
		d.queue.Submit()
		d.state.poll(true)
		return nil
	})
}
