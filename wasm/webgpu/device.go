//go:build js && wasm

package webgpu

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/cogentcore/webgpu/wgpu"
	"github.com/hack-pad/safejs"

	"mixtab/engine/gpu"
)

// Device implements gpu.Device on the browser's WebGPU.
type Device struct {
	requests
	dev  wgpu.Device
	info gpu.Info
	js   struct { // of driver.js
		device, pushScopes, popScopes, compile, newProgram, addDispatch             safejs.Value
		submit, profile, newSlot, submitRead, write, writeBufferFrom, upload, close safejs.Value
		copyOut, keepKernels                                                        safejs.Value
	}
	funcs []safejs.Func

	closed     bool
	lostErr    error      // sticky
	lost       chan error // what Lost returns
	uncaptured error      // reported by the next call
	counters   gpu.Counters

	mu         sync.Mutex        // of what follows
	programs   map[*program]bool // that are not released
	idle       map[int][]*slot
	scratch    safejs.Value // Uint8Array on the way from Go to writeBuffer
	scratchLen int
	args       []any // of submit
}

var errClosed = errors.New("webgpu: the device is closed")

// Info describes the adapter.
func (d *Device) Info() gpu.Info { return d.info }

// Counters counts as HostCalls every call of driver.js, every callback from it, every
// copy of bytes, and the making of an object as one.
func (d *Device) Counters() gpu.Counters {
	c := d.counters
	c.HostCalls += d.calls
	return c
}

// Lost delivers one error, wrapping gpu.ErrDeviceLost, when the browser takes the
// device away. Close is no loss.
func (d *Device) Lost() <-chan error { return d.lost }

// JS is the GPUDevice.
func (d *Device) JS() safejs.Value { return d.js.device }

// BufferJS is the GPUBuffer of a buffer of this device.
func (d *Device) BufferJS(b gpu.Buffer) safejs.Value { return b.(*buffer).object }

// Close frees the device and everything made by it.
func (d *Device) Close() {
	if d.closed {
		return
	}
	d.closed = true
	d.failAll(reply{kind: validationError, message: "the device was closed"})
	d.js.close.Invoke()
	d.counters.BytesHeld = 0
	d.releaseCallbacks()
}

// usable says why the device can no longer be called, or what an earlier call did
// wrong that WebGPU has told only since.
func (d *Device) usable() error {
	switch {
	case d.closed:
		return errClosed
	case d.lostErr != nil:
		return d.lostErr
	case d.uncaptured != nil:
		err := d.uncaptured
		d.uncaptured = nil
		return err
	}
	return nil
}

// call invokes a function of driver.js.
func (d *Device) call(op string, f safejs.Value, args ...any) (safejs.Value, error) {
	d.counters.HostCalls++
	v, err := f.Invoke(args...)
	return v, thrown(op, err)
}

// scoped runs make between error scopes and waits for what they caught.
func (d *Device) scoped(ctx context.Context, op string, make func() error) error {
	if err := d.usable(); err != nil {
		return err
	}
	r, err := d.await(ctx, func(token int) error {
		if _, err := d.call(op, d.js.pushScopes); err != nil {
			return err
		}
		made := guard(op, make)
		_, err := d.call(op, d.js.popScopes, token)
		return errors.Join(made, err)
	})
	switch {
	case d.lostErr != nil:
		return d.lostErr
	case d.closed:
		return errClosed
	case err != nil:
		return err
	}
	return r.err(op)
}

// buffer implements gpu.Buffer.
type buffer struct {
	d      *Device
	label  string
	usage  gpu.Usage
	size   int
	raw    *wgpu.Buffer
	object safejs.Value
	gone   bool
}

// askFrom is the size from which a buffer's creation is worth the wait, about 2 ms, for
// the browser's word that there was room. A smaller one that fails is an uncaptured
// error, which the next call returns.
const askFrom = 1 << 20

// NewBuffer allocates, and waits for the browser where the buffer is large.
func (d *Device) NewBuffer(ctx context.Context, label string, usage gpu.Usage, size int) (gpu.Buffer, error) {
	if size <= 0 {
		return nil, &gpu.ValidationError{Op: "buffer " + label, Message: fmt.Sprintf("size %d", size)}
	}
	if size > d.info.Limits.MaxBufferSize {
		return nil, fmt.Errorf("webgpu: buffer %q: %d bytes are more than the adapter's largest buffer (%d): %w",
			label, size, d.info.Limits.MaxBufferSize, gpu.ErrOutOfMemory)
	}
	flags := wgpu.BufferUsageStorage | wgpu.BufferUsageCopySrc | wgpu.BufferUsageCopyDst
	if usage == gpu.Uniform {
		flags = wgpu.BufferUsageUniform | wgpu.BufferUsageCopyDst
	}
	b := &buffer{d: d, label: label, usage: usage, size: (size + 3) &^ 3}
	create := func() (err error) {
		d.counters.HostCalls++
		b.raw, err = d.dev.CreateBuffer(&wgpu.BufferDescriptor{Label: label, Usage: flags, Size: uint64(b.size)})
		return err
	}
	var err error
	if size >= askFrom {
		err = d.scoped(ctx, "buffer "+label, create)
	} else if err = d.usable(); err == nil {
		err = guard("buffer "+label, create)
	}
	if err != nil {
		if b.raw != nil {
			b.raw.Destroy()
		}
		return nil, err
	}
	b.object = object(b.raw)
	d.counters.BytesHeld += uint64(b.size)
	d.counters.BytesPeak = max(d.counters.BytesPeak, d.counters.BytesHeld)
	return b, nil
}

func (b *buffer) Label() string { return b.label }
func (b *buffer) Size() int     { return b.size }

// Release gives the memory back at once, not when the collector finds the buffer.
func (b *buffer) Release() {
	d := b.d
	if b.gone || d.closed {
		return
	}
	b.gone = true
	d.counters.HostCalls++
	d.counters.BytesHeld -= uint64(b.size)
	b.raw.Destroy()
}

// check says what is wrong with touching bytes [offset, offset+n) of b by a copy.
func (d *Device) check(op string, b gpu.Buffer, offset, n int) (*buffer, error) {
	own, ok := b.(*buffer)
	switch {
	case !ok || own.d != d:
		return nil, &gpu.ValidationError{Op: op, Message: fmt.Sprintf("%T is not a buffer of this device", b)}
	case own.gone:
		return nil, &gpu.ValidationError{Op: op, Message: fmt.Sprintf("buffer %q has been released", own.label)}
	case offset < 0 || n < 0 || offset%4 != 0 || n%4 != 0 || offset+n > own.size:
		return nil, &gpu.ValidationError{Op: op, Message: fmt.Sprintf("bytes %d to %d of %q (%d bytes): outside, or no multiples of 4",
			offset, offset+n, own.label, own.size)}
	}
	return own, nil
}
