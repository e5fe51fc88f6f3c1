// Package gpu is the device that the engine runs on: buffers, pipelines, and
// programs that are recorded once and replayed per token.
//
// Three drivers implement it: engine/ref (plain Go, every kernel's CPU twin),
// desktop/webgpu (wgpu-native) and wasm/webgpu (the browser's WebGPU). The
// interface holds what a transformer needs of WebGPU and no more: one bind group,
// compute only, storage and uniform buffers.
//
// Several goroutines may use a Device and what it makes at the same time. What two of them
// submit or write runs in the order in which their calls returned.
package gpu

import "context"

// A Device owns a queue. Everything submitted to it runs in order.
type Device interface {
	// Info describes the adapter. It does not change during the device's life.
	Info() Info

	// NewBuffer allocates size bytes, zeroed. Size is rounded up to a multiple of 4.
	// The error is an ErrOutOfMemory where the adapter says so.
	NewBuffer(ctx context.Context, label string, usage Usage, size int) (Buffer, error)

	// NewPipeline compiles a kernel and waits for the result. A kernel that does
	// not compile gives a *ShaderError.
	NewPipeline(ctx context.Context, desc PipelineDesc) (Pipeline, error)

	// NewProgram binds the dispatches once, for any number of Submits.
	NewProgram(ctx context.Context, label string, dispatches []Dispatch) (Program, error)

	// Write queues a copy of data into b at a byte offset; both must be multiples
	// of 4. data may be reused when Write returns.
	Write(b Buffer, offset int, data []byte) error

	// Submit queues the programs in order and returns without waiting. In the
	// browser this is one host call.
	Submit(programs ...Program) error

	// StartRead queues a copy of n bytes of b at a byte offset, behind all that was
	// submitted before it. Offset and n are multiples of 4.
	StartRead(b Buffer, offset, n int) (Readback, error)

	// Counters reports what the device was asked to do since it was opened.
	Counters() Counters

	// Close frees the device and everything made by it.
	Close()
}

// A Buffer is device memory. Buffers of one driver must not be given to another.
type Buffer interface {
	Label() string
	Size() int // bytes
	Release()
}

// A Pipeline is a compiled kernel.
type Pipeline interface {
	Desc() PipelineDesc
}

// A Program is a list of dispatches with their bindings, ready to be replayed.
type Program interface {
	Label() string
	Dispatches() int
	Release()
}

// A Readback is a copy of device memory on its way to the host.
type Readback interface {
	// Wait blocks until the bytes are there and copies them into dst, whose length
	// must be that given to StartRead. Waiting twice is an error. A Wait that its
	// context ends may leave the copy under way; it is freed when it arrives.
	Wait(ctx context.Context, dst []byte) error
}

// Usage says what a buffer is bound as.
type Usage uint8

const (
	Storage Usage = iota // storage binding, copy source and destination
	Uniform              // uniform binding, copy destination
)

// Access says how a kernel uses a binding.
type Access uint8

const (
	Read      Access = iota // var<storage, read>
	ReadWrite               // var<storage, read_write>
	Params                  // var<uniform>
)

// A Constant becomes a WGSL `const NAME: u32 = VALUE;` before the kernel's text.
// The CPU twin looks it up by name.
type Constant struct {
	Name  string
	Value uint32
}

// PipelineDesc is a kernel with its constants: the whole identity of a pipeline.
type PipelineDesc struct {
	Kernel    string     // the kernel's stem, as in shaders/<stem>.wgsl
	Label     string     // unique among the descs of a program: the stem with its variant
	Source    string     // the complete WGSL text, constants included
	Constants []Constant // what Source was made with
	Bindings  []Access   // group 0, in order
}

// Constant returns the value of a constant, which must be there.
func (d *PipelineDesc) Constant(name string) uint32 {
	for _, c := range d.Constants {
		if c.Name == name {
			return c.Value
		}
	}
	panic("gpu: kernel " + d.Label + " has no constant " + name)
}

// A Binding is a range of a buffer. Offset is a multiple of 256. A Size of 0 means
// all that is behind Offset.
type Binding struct {
	Buffer Buffer
	Offset int // bytes
	Size   int // bytes
}

// Bytes is the number of bytes the binding covers.
func (b Binding) Bytes() int {
	if b.Size != 0 {
		return b.Size
	}
	return b.Buffer.Size() - b.Offset
}

// A Dispatch runs Grid workgroups of a pipeline. Bindings stand in the order of the
// pipeline's desc.
type Dispatch struct {
	Pipeline Pipeline
	Bindings []Binding
	Grid     [3]int
	Work     WorkFunc // for profiles; may be nil
}

// A SubmitReader is a Device that submits programs and starts to read what they leave in
// one host call and one submit. In the browser every call counts.
type SubmitReader interface {
	// SubmitRead is Submit of the programs, of which there may be none, and StartRead.
	SubmitRead(b Buffer, offset, n int, programs ...Program) (Readback, error)
}

// SubmitRead submits programs and starts to read, in one call where the device has it.
func SubmitRead(d Device, b Buffer, offset, n int, programs ...Program) (Readback, error) {
	if one, ok := d.(SubmitReader); ok {
		return one.SubmitRead(b, offset, n, programs...)
	}
	if len(programs) > 0 {
		if err := d.Submit(programs...); err != nil {
			return nil, err
		}
	}
	return d.StartRead(b, offset, n)
}

// ReadInto is StartRead and Wait in one.
func ReadInto(ctx context.Context, d Device, b Buffer, offset int, dst []byte) error {
	r, err := d.StartRead(b, offset, len(dst))
	if err != nil {
		return err
	}
	return r.Wait(ctx, dst)
}
