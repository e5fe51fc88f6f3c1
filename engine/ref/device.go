// Package ref is a gpu.Device in plain Go: every kernel has a twin here that says
// what the kernel means, sequentially and in float64. The whole model runs on it in
// `go test`, and kernels are judged against it.
//
// A twin takes the same ordered list of bindings as its kernel, params last, and has
// the same name in a file of the same name. It rounds once, where the kernel stores.
package ref

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"mixtab/engine/gpu"
)

// Device is a gpu.Device whose work is done when Submit returns.
type Device struct {
	info gpu.Info

	mu       sync.Mutex // held by whoever uses buffers, counters or closed
	counters gpu.Counters
	closed   bool
}

// New returns a device that binds whatever fits in memory.
func New() *Device {
	return NewWithLimits(gpu.Limits{
		MaxBufferSize:                     1 << 30,
		MaxStorageBufferBindingSize:       1 << 30,
		MaxStorageBuffersPerShaderStage:   gpu.DefaultLimits.MaxStorageBuffersPerShaderStage,
		MaxComputeWorkgroupStorageSize:    gpu.DefaultLimits.MaxComputeWorkgroupStorageSize,
		MaxComputeInvocationsPerWorkgroup: gpu.DefaultLimits.MaxComputeInvocationsPerWorkgroup,
		MaxComputeWorkgroupsPerDimension:  gpu.DefaultLimits.MaxComputeWorkgroupsPerDimension,
	})
}

// NewWithLimits returns a device that refuses what an adapter with these limits would.
func NewWithLimits(l gpu.Limits) *Device {
	return &Device{info: gpu.Info{
		Driver: "ref", Adapter: "plain Go", Kind: gpu.KindCPU, Limits: l,
		Features: gpu.Features{TimestampQuery: true}, // the host's clock
	}}
}

func (d *Device) Info() gpu.Info { return d.info }

func (d *Device) Counters() gpu.Counters {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counters
}

func (d *Device) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
}

var errClosed = errors.New("ref: the device is closed")

func (d *Device) NewBuffer(ctx context.Context, label string, usage gpu.Usage, size int) (gpu.Buffer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case d.closed:
		return nil, errClosed
	case size <= 0:
		return nil, invalid("buffer "+label, "%d bytes", size)
	case size > d.info.Limits.MaxBufferSize:
		return nil, fmt.Errorf("%w: buffer %s of %d bytes, the limit is %d", gpu.ErrOutOfMemory, label, size, d.info.Limits.MaxBufferSize)
	}
	b := &buffer{dev: d, label: label, usage: usage, words: make(words, (size+3)/4)}
	d.counters.BytesHeld += uint64(b.Size())
	d.counters.BytesPeak = max(d.counters.BytesPeak, d.counters.BytesHeld)
	return b, nil
}

// NewPipeline looks the twin up; the WGSL is not read.
func (d *Device) NewPipeline(ctx context.Context, desc gpu.PipelineDesc) (gpu.Pipeline, error) {
	run := twins[desc.Kernel]
	if run == nil {
		return nil, &gpu.ShaderError{Kernel: desc.Label, Message: "engine/ref has no twin of it"}
	}
	return &pipeline{desc, run}, ctx.Err()
}

func (d *Device) NewProgram(ctx context.Context, label string, dispatches []gpu.Dispatch) (gpu.Program, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if d.closed {
		return nil, errClosed
	}
	p := &program{label: label, calls: make([]call, len(dispatches))}
	for i, dispatch := range dispatches {
		if err := gpu.CheckDispatch(dispatch, d.info.Limits); err != nil {
			return nil, invalid("program "+label, "dispatch %d: %v", i, err)
		}
		pl := dispatch.Pipeline.(*pipeline)
		c := call{desc: &pl.desc, run: pl.run, grid: dispatch.Grid}
		for j, binding := range dispatch.Bindings {
			b := binding.Buffer.(*buffer)
			if (b.usage == gpu.Uniform) != (pl.desc.Bindings[j] == gpu.Params) {
				return nil, invalid("program "+label, "dispatch %d (%s): binding %d: %q has the wrong usage", i, pl.desc.Label, j, b.label)
			}
			if b.words == nil {
				return nil, invalid("program "+label, "dispatch %d (%s): %q was released", i, pl.desc.Label, b.label)
			}
			c.buffers = append(c.buffers, b)
			c.b = append(c.b, b.words[binding.Offset/4:(binding.Offset+binding.Bytes())/4])
		}
		p.calls[i] = c
	}
	return p, nil
}

func (d *Device) Write(b gpu.Buffer, offset int, data []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	dst, err := b.(*buffer).part("write", offset, len(data))
	if err != nil {
		return err
	}
	copy(dst.bytes(), data)
	d.counters.BytesWritten += uint64(len(data))
	return nil
}

func (d *Device) Submit(programs ...gpu.Program) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errClosed
	}
	return d.replay(programs, func(c *call) { c.run(c) })
}

// Profile times each twin on the host's clock.
func (d *Device) Profile(ctx context.Context, programs ...gpu.Program) (spans []gpu.Span, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if d.closed {
		return nil, errClosed
	}
	err = d.replay(programs, func(c *call) {
		start := time.Since(epoch)
		c.run(c)
		spans = append(spans, gpu.Span{Start: start, End: time.Since(epoch)})
	})
	return spans, err
}

var epoch = time.Now()

// replay runs every call of the programs. The lock is held.
func (d *Device) replay(programs []gpu.Program, run func(*call)) error {
	d.counters.Submits++
	for _, q := range programs {
		p := q.(*program)
		for i := range p.calls {
			c := &p.calls[i]
			for _, b := range c.buffers {
				if b.words == nil {
					return invalid("submit "+p.label, "%s: %q was released", c.desc.Label, b.label)
				}
			}
			run(c)
			d.counters.Dispatches++
		}
	}
	return nil
}

func (d *Device) StartRead(b gpu.Buffer, offset, n int) (gpu.Readback, error) {
	return d.SubmitRead(b, offset, n)
}

// SubmitRead counts as one submit.
func (d *Device) SubmitRead(b gpu.Buffer, offset, n int, programs ...gpu.Program) (gpu.Readback, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	src, err := b.(*buffer).part("read", offset, n)
	if err != nil {
		return nil, err
	}
	if err := d.replay(programs, func(c *call) { c.run(c) }); err != nil {
		return nil, err
	}
	d.counters.BytesRead += uint64(n)
	return &readback{snapshot: append([]byte{}, src.bytes()...)}, nil
}

type buffer struct {
	dev   *Device
	label string
	usage gpu.Usage
	words words // nil once released
}

func (b *buffer) Label() string { return b.label }
func (b *buffer) Size() int     { return 4 * len(b.words) }

func (b *buffer) Release() {
	b.dev.mu.Lock()
	defer b.dev.mu.Unlock()
	b.dev.counters.BytesHeld -= uint64(b.Size())
	b.words = nil
}

// part is n bytes of the buffer from a byte offset on.
func (b *buffer) part(op string, offset, n int) (words, error) {
	if b.dev.closed {
		return nil, errClosed
	}
	if offset%4 != 0 || n%4 != 0 || offset < 0 || n < 0 || offset+n > b.Size() {
		return nil, invalid(op, "bytes %d to %d of %q of %d bytes", offset, offset+n, b.label, b.Size())
	}
	return b.words[offset/4 : (offset+n)/4], nil
}

type pipeline struct {
	desc gpu.PipelineDesc
	run  func(*call)
}

func (p *pipeline) Desc() gpu.PipelineDesc { return p.desc }

type program struct {
	label string
	calls []call
}

func (p *program) Label() string   { return p.label }
func (p *program) Dispatches() int { return len(p.calls) }
func (p *program) Release()        { p.calls = nil }

type readback struct {
	snapshot []byte // nil once waited for
}

func (r *readback) Wait(ctx context.Context, dst []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.snapshot == nil {
		return errors.New("ref: a readback was waited for twice")
	}
	if len(dst) != len(r.snapshot) {
		return fmt.Errorf("ref: room for %d bytes of a readback of %d", len(dst), len(r.snapshot))
	}
	copy(dst, r.snapshot)
	r.snapshot = nil
	return nil
}

func invalid(op, format string, args ...any) error {
	return &gpu.ValidationError{Op: op, Message: fmt.Sprintf(format, args...)}
}
