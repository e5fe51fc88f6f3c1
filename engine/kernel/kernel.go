// Package kernel has one typed operation per kernel. An operation touches no device:
// it returns a Call, which says what to run on which buffers. A list of Calls is the
// model; Compile turns it into a gpu.Program.
//
// The same stem names a kernel in shaders/<stem>.wgsl, here, in engine/ref and in
// kerneltest.
package kernel

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"mixtab/engine/gpu"
	"mixtab/engine/quant"
	"mixtab/shaders"
)

// A Call is one dispatch to be.
type Call struct {
	stem     string
	format   quant.Format // of the weights, where weighted
	weighted bool
	product  Product           // how rows are multiplied; the zero value in kernels that multiply none
	twoBanks bool              // experts lie in two banks
	kv       KVFormat          // of the KV cache, where there is one
	imports  map[string]string // what the kernel's other imports stand for
	consts   []gpu.Constant
	access   []gpu.Access
	bindings []gpu.Binding
	params   any // a struct of uint32 and float32 fields like the kernel's Params, or nil
	grid     [3]int
	work     gpu.WorkFunc // work.go
}

// Label names the pipeline that the call needs: stem, format and constants.
func (c *Call) Label() string {
	var b strings.Builder
	b.WriteString(c.stem)
	if c.weighted {
		b.WriteString("_" + c.format.String())
	}
	if c.product != (Product{}) {
		b.WriteString(" " + c.product.label(c.format, c.twoBanks))
	}
	for _, name := range slices.Sorted(maps.Keys(c.imports)) {
		b.WriteString(" " + c.imports[name])
	}
	for _, k := range c.consts {
		fmt.Fprintf(&b, " %s=%d", k.Name, k.Value)
	}
	return b.String()
}

// desc is the complete description of the call's pipeline.
func (c *Call) desc() (gpu.PipelineDesc, error) {
	consts := make([]shaders.Const, len(c.consts))
	for i, k := range c.consts {
		consts[i] = shaders.Const(k)
	}
	constants := c.consts
	aliases := map[string]string{}
	maps.Copy(aliases, c.imports)
	if c.weighted {
		aliases["WEIGHTS"] = c.format.String()
		if c.product != (Product{}) {
			maps.Copy(aliases, c.product.aliases(c.format, c.twoBanks))
		}
		constants = append(constants[:len(constants):len(constants)], gpu.Constant{Name: FormatConstant, Value: uint32(c.format)})
	}
	if c.kv != KVAuto {
		constants = append(constants[:len(constants):len(constants)], gpu.Constant{Name: KVConstant, Value: uint32(c.kv)})
	}
	source, err := shaders.Source(c.stem, consts, aliases)
	access := c.access
	if c.params != nil {
		access = append(access[:len(access):len(access)], gpu.Params)
	}
	return gpu.PipelineDesc{Kernel: c.stem, Label: c.Label(), Source: source, Constants: constants, Bindings: access}, err
}

// FormatConstant names the constant that tells a CPU twin the format of the weights
// (a quant.Format). The WGSL has it by import instead.
const FormatConstant = "FORMAT"

// TextSum is a hash of all kernels' texts.
func TextSum() string { return shaders.Sum() }

// Pipelines compiles kernels for a device, each once, and owns the programs made of
// them.
type Pipelines struct {
	dev      gpu.Device
	programs map[gpu.Program]gpu.Buffer // with their params; nil where they have none

	mu    sync.Mutex
	ready map[string]gpu.Pipeline // by label
}

func NewPipelines(dev gpu.Device) *Pipelines {
	return &Pipelines{dev: dev, programs: map[gpu.Program]gpu.Buffer{}, ready: map[string]gpu.Pipeline{}}
}

// Prepare compiles what the calls need and is not there yet, several at a time: the longest
// first, so that none is left to wait for alone.
func (p *Pipelines) Prepare(ctx context.Context, calls []Call) error {
	var descs []gpu.PipelineDesc
	asked := map[string]bool{}
	for i := range calls {
		label := calls[i].Label()
		if asked[label] || p.get(label) != nil {
			continue
		}
		asked[label] = true
		desc, err := calls[i].desc()
		if err != nil {
			return err
		}
		descs = append(descs, desc)
	}
	slices.SortStableFunc(descs, func(a, b gpu.PipelineDesc) int { return len(b.Source) - len(a.Source) })
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for _, desc := range descs {
		group.Go(func() error {
			pipeline, err := p.dev.NewPipeline(ctx, desc)
			if err != nil {
				return fmt.Errorf("kernel: %w", err)
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			p.ready[desc.Label] = pipeline
			return nil
		})
	}
	return group.Wait()
}

func (p *Pipelines) get(label string) gpu.Pipeline {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ready[label]
}

// Compile makes a program of the calls, with their params in one uniform buffer.
func (p *Pipelines) Compile(ctx context.Context, label string, calls []Call) (gpu.Program, error) {
	if err := p.Prepare(ctx, calls); err != nil {
		return nil, err
	}
	params, err := p.paramsBuffer(ctx, label, calls)
	if err != nil {
		return nil, err
	}
	dispatches := make([]gpu.Dispatch, len(calls))
	offset := 0
	for i := range calls {
		c := &calls[i]
		bindings := c.bindings
		if c.params != nil {
			bindings = append(bindings[:len(bindings):len(bindings)], gpu.Binding{Buffer: params, Offset: offset, Size: paramsSize})
			offset += paramsSize
		}
		dispatches[i] = gpu.Dispatch{Pipeline: p.get(c.Label()), Bindings: bindings, Grid: c.grid, Work: c.work}
	}
	prog, err := p.dev.NewProgram(ctx, label, dispatches)
	if err != nil {
		if params != nil {
			params.Release()
		}
		return nil, err
	}
	p.programs[prog] = params
	return prog, nil
}

// paramsSize is what each call's params take: the alignment of a binding's offset.
const paramsSize = 256

// paramsBuffer puts the calls' params one after the other; nil if they have none.
func (p *Pipelines) paramsBuffer(ctx context.Context, label string, calls []Call) (gpu.Buffer, error) {
	var all []byte
	for i := range calls {
		if calls[i].params == nil {
			continue
		}
		one, err := binary.Append(make([]byte, 0, paramsSize), binary.LittleEndian, calls[i].params)
		if err != nil || len(one) > paramsSize {
			return nil, fmt.Errorf("kernel: %s: params %T do not encode: %v", calls[i].Label(), calls[i].params, err)
		}
		all = append(all, one[:paramsSize]...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	b, err := p.dev.NewBuffer(ctx, label+" params", gpu.Uniform, len(all))
	if err != nil {
		return nil, err
	}
	if err := p.dev.Write(b, 0, all); err != nil {
		b.Release()
		return nil, err
	}
	return b, nil
}

// Release frees a program that Compile made, and its params. What was submitted of it runs.
func (p *Pipelines) Release(prog gpu.Program) {
	prog.Release()
	if params := p.programs[prog]; params != nil {
		params.Release()
	}
	delete(p.programs, prog)
}

// Close releases all programs.
func (p *Pipelines) Close() {
	for prog := range p.programs {
		p.Release(prog)
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
