//go:build js && wasm

package webgpu

import (
	"context"

	"github.com/hack-pad/safejs"

	"mixtab/engine/gpu"
)

// maxScratch bounds the array that Write copies through.
const maxScratch = 4 << 20

// Write copies data into a lasting Uint8Array and from there into WebGPU's queue: two
// crossings for up to 4 MiB. Weights go by WriteJS.
func (d *Device) Write(b gpu.Buffer, offset int, data []byte) error {
	if err := d.usable(); err != nil {
		return err
	}
	own, err := d.check("write", b, offset, len(data))
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(data) > 0 {
		n := min(len(data), maxScratch)
		if err := d.growScratch(n); err != nil {
			return err
		}
		d.counters.HostCalls++
		if _, err := safejs.CopyBytesToJS(d.scratch, data[:n]); err != nil {
			return thrown("write", err)
		}
		if _, err := d.call("write", d.js.write, own.object, offset, d.scratch, n); err != nil {
			return err
		}
		d.counters.BytesWritten += uint64(n)
		offset += n
		data = data[n:]
	}
	return nil
}

// growScratch makes the array at least n bytes long; lengths are powers of two.
func (d *Device) growScratch(n int) error {
	if n <= d.scratchLen {
		return nil
	}
	size := 4096
	for size < n {
		size *= 2
	}
	class, err := safejs.Global().Get("Uint8Array")
	if err != nil {
		return thrown("write", err)
	}
	d.scratch, err = class.New(size)
	d.scratchLen = size
	d.counters.HostCalls += 2
	return thrown("write", err)
}

// WriteJS queues a copy of n bytes of src, an ArrayBuffer or a view of one, into b.
// The bytes do not pass through Go. src may be reused when it returns. Offsets are in
// bytes; offset and n are multiples of 4.
func (d *Device) WriteJS(b gpu.Buffer, offset int, src safejs.Value, srcOffset, n int) error {
	own, err := d.checkJS(b, offset, n)
	if err != nil || n == 0 {
		return err
	}
	if _, err := d.call("write", d.js.writeBufferFrom, own.object, offset, src, srcOffset, n); err != nil {
		return err
	}
	d.counters.BytesWritten += uint64(n)
	return nil
}

// UploadJS does what WriteJS does for whole shards, twice as fast but not at once: it
// waits for a mapped buffer per 4 MiB. When it returns, what is submitted later sees
// the bytes, and src may be reused. A context that ends it leaves b undefined, and
// src in use until then.
func (d *Device) UploadJS(ctx context.Context, b gpu.Buffer, offset int, src safejs.Value, srcOffset, n int) error {
	own, err := d.checkJS(b, offset, n)
	if err != nil || n == 0 {
		return err
	}
	r, err := d.await(ctx, func(token int) error {
		_, err := d.call("upload", d.js.upload, token, own.object, offset, src, srcOffset, n)
		return err
	})
	if d.lostErr != nil {
		return d.lostErr
	}
	if err == nil {
		err = r.err("upload " + own.label)
	}
	if err == nil {
		d.counters.BytesWritten += uint64(n)
	}
	return err
}

// ReadJS gives n bytes of b as an ArrayBuffer, which do not pass through Go.
func (d *Device) ReadJS(ctx context.Context, b gpu.Buffer, offset, n int) (safejs.Value, error) {
	own, err := d.checkJS(b, offset, n)
	if err != nil {
		return safejs.Value{}, err
	}
	r, err := d.await(ctx, func(token int) error {
		_, err := d.call("read", d.js.copyOut, token, own.object, offset, n)
		return err
	})
	if d.lostErr != nil {
		return safejs.Value{}, d.lostErr
	}
	if err == nil {
		err = r.err("read " + own.label)
	}
	if err == nil {
		d.counters.BytesRead += uint64(n)
	}
	return r.value, err
}

func (d *Device) checkJS(b gpu.Buffer, offset, n int) (*buffer, error) {
	if err := d.usable(); err != nil {
		return nil, err
	}
	return d.check("write", b, offset, n)
}
