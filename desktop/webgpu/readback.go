package webgpu

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/cogentcore/webgpu/wgpu"

	"mixtab/engine/gpu"
)

// staging is a mappable buffer on its way round: idle, in flight, read, idle.
type staging struct {
	raw  *wgpu.Buffer
	size int
	m    mapping
}

func (s *staging) release() {
	s.raw.Destroy()
	s.raw.Release()
	s.m.free()
}

// readback implements gpu.Readback.
type readback struct {
	d     *device
	label string
	n     int
	s     *staging // nil once waited for
	began time.Time
}

// StartRead copies behind everything submitted so far and asks for the mapping.
func (d *device) StartRead(b gpu.Buffer, offset, n int) (gpu.Readback, error) {
	return d.SubmitRead(b, offset, n)
}

// SubmitRead has programs and copy in one command buffer.
func (d *device) SubmitRead(b gpu.Buffer, offset, n int, programs ...gpu.Program) (gpu.Readback, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	own, err := d.check("read", b, offset, n)
	if err != nil {
		return nil, err
	}
	if n == 0 || own.usage == gpu.Uniform {
		return nil, &gpu.ValidationError{Op: "read", Message: fmt.Sprintf("%d bytes of %q: nothing, or of a uniform buffer", n, own.label)}
	}
	if err := d.usable(); err != nil {
		return nil, err
	}
	before, dispatches, err := d.ownPrograms(programs)
	if err != nil {
		return nil, err
	}
	s, err := d.takeStaging(n)
	if err != nil {
		return nil, err
	}
	err = d.callLocked("read "+own.label, func() error {
		err := d.encoded(func(encoder *wgpu.CommandEncoder) error {
			if dispatches > 0 {
				if err := d.replay(encoder, before); err != nil {
					return err
				}
			}
			return encoder.CopyBufferToBuffer(own.raw, uint64(offset), s.raw, 0, uint64(n))
		})
		if err != nil {
			return err
		}
		s.m.toRead(s.raw, n)
		return nil
	})
	if err != nil {
		delete(d.live, s)
		if !d.state.lost() { // else its mapping may still be told; Close of a lost device leaks it
			s.release()
		}
		return nil, err
	}
	d.counters.Submits++
	d.counters.Dispatches += uint64(dispatches)
	return &readback{d: d, label: own.label, n: n, s: s, began: time.Now()}, nil
}

// takeStaging returns an idle staging buffer of at least n bytes; sizes are powers
// of two from 256. The lock is held.
func (d *device) takeStaging(n int) (*staging, error) {
	d.collect()
	size := max(256, 1<<bits.Len(uint(n-1)))
	if free := d.idle[size]; len(free) > 0 {
		d.idle[size] = free[:len(free)-1]
		return free[len(free)-1], nil
	}
	s := &staging{size: size, m: newMapping()}
	err := d.callLocked("staging", func() (err error) {
		s.raw, err = d.dev.CreateBuffer(&wgpu.BufferDescriptor{
			Label: "staging", Usage: wgpu.BufferUsageMapRead | wgpu.BufferUsageCopyDst, Size: uint64(size),
		})
		return err
	})
	if err != nil {
		s.m.free()
		return nil, err
	}
	d.keep(s)
	return s, nil
}

// collect makes the buffers idle whose Wait gave up and whose bytes have come since.
func (d *device) collect() {
	kept := d.adrift[:0]
	for _, s := range d.adrift {
		if !s.m.done() {
			kept = append(kept, s)
			continue
		}
		if s.m.ok() {
			unmap(s.raw)
		}
		d.idle[s.size] = append(d.idle[s.size], s)
	}
	d.adrift = kept
}

var errWaited = errors.New("webgpu: read: waited for already")

// Wait polls wgpu-native, which has no event to sleep on that would not also block
// Submit. The pause between polls is 1/32 of the time already waited, so it adds some
// 3 % to a long wait and costs 1 % of a core.
func (r *readback) Wait(ctx context.Context, dst []byte) error {
	if len(dst) != r.n {
		return &gpu.ValidationError{Op: "read " + r.label, Message: fmt.Sprintf("Wait into %d bytes, StartRead was for %d", len(dst), r.n)}
	}
	for {
		done, err := r.step(dst)
		if done {
			return err
		}
		if err := ctx.Err(); err != nil {
			r.giveUp()
			return fmt.Errorf("webgpu: read %s: %w", r.label, err)
		}
		pause(min(max(time.Since(r.began)/32, 10*time.Microsecond), 999*time.Microsecond))
	}
}

// step polls once.
func (r *readback) step(dst []byte) (done bool, err error) {
	d := r.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.usable(); err != nil {
		r.s = nil
		return true, err
	}
	if r.s == nil {
		return true, errWaited
	}
	d.state.poll(false)
	d.counters.HostCalls++
	s := r.s
	if !s.m.done() {
		return false, nil
	}
	r.s = nil
	if d.state.lost() {
		return true, d.usable()
	}
	if !s.m.ok() {
		delete(d.live, s)
		s.release()
		return true, &gpu.ValidationError{Op: "read " + r.label, Message: "the mapping failed"}
	}
	s.m.read(s.raw, dst)
	d.idle[s.size] = append(d.idle[s.size], s)
	d.counters.HostCalls += 2
	d.counters.BytesRead += uint64(r.n)
	return true, nil
}

// giveUp leaves the staging buffer to collect.
func (r *readback) giveUp() {
	r.d.mu.Lock()
	defer r.d.mu.Unlock()
	if r.s != nil && !r.d.closed {
		r.d.adrift = append(r.d.adrift, r.s)
	}
	r.s = nil
}
