//go:build js && wasm

package webgpu

import (
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
	if err := d.usable(); err != nil {
		return err
	}
	own, err := d.check("write", b, offset, n)
	if err != nil {
		return err
	}
	if n == 0 {
		return nil
	}
	if _, err := d.call("write", d.js.writeBufferFrom, own.object, offset, src, srcOffset, n); err != nil {
		return err
	}
	d.counters.BytesWritten += uint64(n)
	return nil
}
