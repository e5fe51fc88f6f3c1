//go:build js && wasm

package webgpu

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/hack-pad/safejs"

	"mixtab/engine/gpu"
)

// slot is a staging buffer of driver.js with the array that its bytes end up in.
type slot struct {
	object, bytes safejs.Value
	size          int
}

// readback implements gpu.Readback.
type readback struct {
	d       *Device
	label   string
	n       int
	slot    *slot
	replies chan reply
	waited  bool
}

// StartRead queues the copy and the mapping by one call of driver.js.
func (d *Device) StartRead(b gpu.Buffer, offset, n int) (gpu.Readback, error) {
	return d.SubmitRead(b, offset, n)
}

// SubmitRead replays the programs and queues the copy by one call of driver.js.
func (d *Device) SubmitRead(b gpu.Buffer, offset, n int, programs ...gpu.Program) (gpu.Readback, error) {
	if err := d.usable(); err != nil {
		return nil, err
	}
	own, err := d.check("read", b, offset, n)
	if err != nil {
		return nil, err
	}
	if n == 0 || own.usage == gpu.Uniform {
		return nil, &gpu.ValidationError{Op: "read", Message: fmt.Sprintf("%d bytes of %q: nothing, or of a uniform buffer", n, own.label)}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.takeSlot(n)
	if err != nil {
		return nil, err
	}
	r := &readback{d: d, label: own.label, n: n, slot: s, replies: make(chan reply, 1)}
	token := d.add(func(answer reply) { r.replies <- answer })
	dispatches, err := d.programArgs(append(d.args[:0], token, s.object, own.object, offset, n), programs)
	if err == nil {
		_, err = d.call("read", d.js.submitRead, d.args...)
	}
	if err != nil {
		d.take(token)
		return nil, err
	}
	d.counters.Submits++
	d.counters.Dispatches += uint64(dispatches)
	return r, nil
}

// takeSlot returns an idle slot of at least n bytes; sizes are powers of two from 256.
// d.mu is held.
func (d *Device) takeSlot(n int) (*slot, error) {
	size := max(256, 1<<bits.Len(uint(n-1)))
	if free := d.idle[size]; len(free) > 0 {
		d.idle[size] = free[:len(free)-1]
		return free[len(free)-1], nil
	}
	object, err := d.call("staging", d.js.newSlot, size)
	if err != nil {
		return nil, err
	}
	d.counters.HostCalls++
	array, err := object.Get("bytes")
	return &slot{object: object, bytes: array, size: size}, thrown("staging", err)
}

func (d *Device) putSlot(s *slot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.idle[s.size] = append(d.idle[s.size], s)
}

var errWaited = errors.New("webgpu: read: waited for already")

// Wait sleeps until JavaScript has the bytes, and copies them.
func (r *readback) Wait(ctx context.Context, dst []byte) error {
	if len(dst) != r.n {
		return &gpu.ValidationError{Op: "read " + r.label, Message: fmt.Sprintf("Wait into %d bytes, StartRead was for %d", len(dst), r.n)}
	}
	if r.waited {
		return errWaited
	}
	r.waited = true
	select {
	case answer := <-r.replies:
		return r.take(answer, dst)
	default:
	}
	select {
	case answer := <-r.replies:
		return r.take(answer, dst)
	case <-ctx.Done():
		go r.drop()
		return fmt.Errorf("webgpu: read %s: %w", r.label, ctx.Err())
	}
}

func (r *readback) take(answer reply, dst []byte) error {
	d := r.d
	switch {
	case d.closed:
		return errClosed
	case d.lostErr != nil:
		return d.lostErr
	case answer.kind != done:
		return answer.err("read " + r.label)
	}
	if err := r.copy(answer, dst); err != nil {
		return thrown("read "+r.label, err)
	}
	d.putSlot(r.slot)
	d.counters.BytesRead += uint64(r.n)
	// An error that no scope caught may be that of the submit whose result this is.
	return d.usable()
}

// copy fetches the bytes; a word has come with the answer.
func (r *readback) copy(answer reply, dst []byte) error {
	if len(dst) == 4 {
		word, err := answer.value.Int()
		if err == nil {
			binary.LittleEndian.PutUint32(dst, uint32(word))
		}
		return err
	}
	r.d.counters.HostCalls++
	_, err := safejs.CopyBytesToGo(dst, r.slot.bytes)
	return err
}

// drop waits in Wait's place and frees the slot.
func (r *readback) drop() {
	if answer := <-r.replies; answer.kind == done {
		r.d.putSlot(r.slot)
	}
}
