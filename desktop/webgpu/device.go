package webgpu

import (
	"context"
	"fmt"
	"sync"

	"github.com/cogentcore/webgpu/wgpu"

	"mixtab/engine/gpu"
)

// device implements gpu.Device on wgpu-native.
type device struct {
	instance *wgpu.Instance
	adapter  *wgpu.Adapter
	dev      *wgpu.Device
	queue    *wgpu.Queue
	info     gpu.Info

	mu       sync.Mutex // held around every call into wgpu-native
	state    state
	closed   bool
	counters gpu.Counters
	layouts  map[string]*layout    // by binding kinds
	live     map[releaser]struct{} // what Close must release
	idle     map[int][]*staging    // by size
	adrift   []*staging            // whose Wait gave up before the bytes came
	ring     []*slot               // of large writes

	unflushed int            // bytes of small writes since wgpu-native last freed their staging
	uploads   sync.WaitGroup // under way
	filling   chan struct{}  // holds one for each slot that is being filled

	tick float64 // nanoseconds of the GPU's clock; 0 before Profile has measured it
}

// A releaser frees its wgpu-native objects; the device's lock is held.
type releaser interface{ release() }

func (d *device) Info() gpu.Info { return d.info }

func (d *device) Counters() gpu.Counters {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counters
}

// Close waits for the GPU and frees everything.
func (d *device) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.closed = true
	d.mu.Unlock()
	d.uploads.Wait() // each sees closed and ends
	d.mu.Lock()
	if !d.state.lost() {
		d.state.poll(true)
	}
	for r := range d.live {
		r.release()
	}
	for _, l := range d.layouts {
		l.release()
	}
	d.live, d.layouts, d.idle, d.adrift, d.ring = nil, nil, nil, nil, nil
	d.queue.Release()
	d.dev.Release()
	d.adapter.Release()
	d.instance.Release()
	d.state.free()
}

// keep has Close release r. The lock is held.
func (d *device) keep(r releaser) { d.live[r] = struct{}{} }

// drop releases r now, if Close has not done so.
func (d *device) drop(r releaser) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.live[r]; ok {
		delete(d.live, r)
		r.release()
	}
}

// buffer implements gpu.Buffer.
type buffer struct {
	d     *device
	label string
	usage gpu.Usage
	size  int
	raw   *wgpu.Buffer
	gone  bool
}

// NewBuffer allocates; wgpu-native zeroes the bytes before their first use.
func (d *device) NewBuffer(ctx context.Context, label string, usage gpu.Usage, size int) (gpu.Buffer, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("webgpu: buffer %q: %w", label, err)
	}
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
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.callLocked("buffer "+label, func() (err error) {
		b.raw, err = d.dev.CreateBuffer(&wgpu.BufferDescriptor{Label: label, Usage: flags, Size: uint64(b.size)})
		return err
	})
	if err != nil {
		if b.raw != nil {
			b.raw.Release()
		}
		return nil, err
	}
	d.keep(b)
	d.counters.HostCalls++
	d.counters.BytesHeld += uint64(b.size)
	d.counters.BytesPeak = max(d.counters.BytesPeak, d.counters.BytesHeld)
	return b, nil
}

func (b *buffer) Label() string { return b.label }
func (b *buffer) Size() int     { return b.size }
func (b *buffer) Release()      { b.d.drop(b) }

// release gives the memory back at once, not when the last bind group goes.
func (b *buffer) release() {
	b.gone = true
	b.d.counters.BytesHeld -= uint64(b.size)
	b.raw.Destroy()
	b.raw.Release()
}

// check says what is wrong with touching bytes [offset, offset+n) of b by a copy.
func (d *device) check(op string, b gpu.Buffer, offset, n int) (*buffer, error) {
	own, ok := b.(*buffer)
	switch {
	case !ok || own.d != d:
		return nil, &gpu.ValidationError{Op: op, Message: fmt.Sprintf("%T is not a buffer of this device", b)}
	case own.gone && !d.closed:
		return nil, &gpu.ValidationError{Op: op, Message: fmt.Sprintf("buffer %q has been released", own.label)}
	case offset < 0 || n < 0 || offset%4 != 0 || n%4 != 0 || offset+n > own.size:
		return nil, &gpu.ValidationError{Op: op, Message: fmt.Sprintf("bytes %d to %d of %q (%d bytes): outside, or no multiples of 4",
			offset, offset+n, own.label, own.size)}
	}
	return own, nil
}

// Write copies data into staging memory; the GPU copy precedes the next Submit.
func (d *device) Write(b gpu.Buffer, offset int, data []byte) error {
	if len(data) >= uploadFrom {
		return d.Upload(context.Background(), b, offset, len(data), func(at int, dst []byte) error {
			copy(dst, data[at:])
			return nil
		})
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	own, err := d.check("write", b, offset, len(data))
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return d.usable()
	}
	return d.writeSmall(own, offset, data)
}
