//go:build js && wasm

package webgpu

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/hack-pad/safejs"

	"mixtab/engine/gpu"
)

// Profile has driver.js run each dispatch as a pass of its own, with timestamps. Browsers
// round them to 100 µs, Chromium not with --enable-webgpu-developer-features.
func (d *Device) Profile(ctx context.Context, programs ...gpu.Program) ([]gpu.Span, error) {
	if err := d.usable(); err != nil {
		return nil, err
	}
	if !d.info.Features.TimestampQuery {
		return nil, &gpu.ValidationError{Op: "profile", Message: "the adapter has no timestamps"}
	}
	var dispatches int
	r, err := d.await(ctx, func(token int) (err error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if dispatches, err = d.programArgs(append(d.args[:0], token), programs); err != nil {
			return err
		}
		_, err = d.call("profile", d.js.profile, d.args...)
		return err
	})
	if err == nil {
		err = r.err("profile")
	}
	if err != nil {
		return nil, err
	}
	d.counters.Submits++
	d.counters.Dispatches += uint64(dispatches)
	d.counters.HostCalls++
	times := make([]byte, 16*dispatches)
	if _, err := safejs.CopyBytesToGo(times, r.value); err != nil {
		return nil, thrown("profile", err)
	}
	at := func(i int) time.Duration { return time.Duration(binary.LittleEndian.Uint64(times[8*i:])) }
	spans := make([]gpu.Span, dispatches)
	for i := range spans {
		spans[i] = gpu.Span{Start: at(2 * i), End: at(2*i + 1)}
	}
	return spans, d.usable()
}
