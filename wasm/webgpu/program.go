//go:build js && wasm

package webgpu

import (
	"context"
	"fmt"
	"strings"

	"github.com/hack-pad/safejs"

	"mixtab/engine/gpu"
)

// pipeline implements gpu.Pipeline; object is a Kernel of kernels.js.
type pipeline struct {
	d      *Device
	desc   gpu.PipelineDesc
	object safejs.Value
}

// letters are how kernels.js knows the kinds of bindings.
func letters(bindings []gpu.Access) string {
	all := make([]byte, len(bindings))
	for i, access := range bindings {
		all[i] = map[gpu.Access]byte{gpu.Read: 'r', gpu.ReadWrite: 'w', gpu.Params: 'u'}[access]
	}
	return string(all)
}

// NewPipeline compiles desc.Source, whose entry point is main. Several may be
// compiling at a time.
func (d *Device) NewPipeline(ctx context.Context, desc gpu.PipelineDesc) (gpu.Pipeline, error) {
	if err := d.usable(); err != nil {
		return nil, err
	}
	op := "pipeline " + desc.Label
	r, err := d.await(ctx, func(token int) error {
		_, err := d.call(op, d.js.compile, token, desc.Source, letters(desc.Bindings), desc.Label)
		return err
	})
	switch {
	case d.lostErr != nil:
		return nil, d.lostErr
	case err != nil:
		return nil, err
	case r.kind == shaderError:
		return nil, &gpu.ShaderError{Kernel: desc.Label, Line: r.line, Column: r.column, Message: brief(r)}
	case r.kind != done:
		return nil, r.err(op)
	}
	return &pipeline{d: d, desc: desc, object: r.value}, nil
}

// KeepKernels has the browser remember the kernels of the programs that there are, so that
// its next visit compiles them while Go is still on its way.
func (d *Device) KeepKernels() {
	d.mu.Lock()
	defer d.mu.Unlock()
	used := map[*pipeline]bool{}
	var kernels []any
	for p := range d.programs {
		for _, k := range p.pipelines {
			if !used[k] {
				used[k] = true
				kernels = append(kernels, k.object)
			}
		}
	}
	d.call("keep kernels", d.js.keepKernels, kernels...) // without them, the next visit only takes longer
}

// brief is one line of the browser's message: the first of a compiler's, which goes on
// with candidates, and all of a validation's, which goes on with the place.
func brief(r reply) string {
	message := r.message
	if r.line > 0 {
		message, _, _ = strings.Cut(message, "\n")
	}
	return oneLine(message)
}

func (p *pipeline) Desc() gpu.PipelineDesc { return p.desc }

// program implements gpu.Program; its dispatches lie in a JavaScript object.
type program struct {
	d          *Device
	label      string
	object     safejs.Value
	dispatches int
	pipelines  []*pipeline // one for each dispatch
	buffers    []*buffer   // each once
	gone       bool
}

// NewProgram has driver.js make a bind group for each dispatch.
func (d *Device) NewProgram(ctx context.Context, label string, dispatches []gpu.Dispatch) (gpu.Program, error) {
	p := &program{d: d, label: label, dispatches: len(dispatches)}
	seen := map[*buffer]bool{}
	err := d.scoped(ctx, "program "+label, func() (err error) {
		if p.object, err = d.call("program", d.js.newProgram); err != nil {
			return err
		}
		for i, dispatch := range dispatches {
			if err := p.add(i, dispatch, seen); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.programs[p] = true
	return p, nil
}

func (p *program) add(i int, dispatch gpu.Dispatch, seen map[*buffer]bool) error {
	d := p.d
	refuse := func(format string, args ...any) error {
		return &gpu.ValidationError{Op: fmt.Sprintf("program %s: dispatch %d", p.label, i), Message: fmt.Sprintf(format, args...)}
	}
	own, ok := dispatch.Pipeline.(*pipeline)
	if !ok || own.d != d {
		return refuse("%T is not a pipeline of this device", dispatch.Pipeline)
	}
	if err := gpu.CheckDispatch(dispatch, d.info.Limits); err != nil {
		return refuse("%s", strings.TrimPrefix(err.Error(), "gpu: "))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	args := append(d.args[:0], p.object, own.object, dispatch.Grid[0], dispatch.Grid[1], dispatch.Grid[2])
	for i, bind := range dispatch.Bindings {
		b, err := d.check(p.label, bind.Buffer, 0, 0)
		if err != nil {
			return err
		}
		if (b.usage == gpu.Uniform) != (own.desc.Bindings[i] == gpu.Params) {
			return refuse("%s: binding %d: %q has the other usage", own.desc.Label, i, b.label)
		}
		if !seen[b] {
			seen[b] = true
			p.buffers = append(p.buffers, b)
		}
		args = append(args, b.object, bind.Offset, bind.Bytes())
	}
	d.args = args
	p.pipelines = append(p.pipelines, own)
	_, err := d.call(p.label, d.js.addDispatch, args...)
	return err
}

func (p *program) Label() string   { return p.label }
func (p *program) Dispatches() int { return p.dispatches }

// Release lets the browser collect the bind groups.
func (p *program) Release() {
	p.gone = true
	p.d.mu.Lock()
	defer p.d.mu.Unlock()
	delete(p.d.programs, p)
	p.object = safejs.Null()
}

// Submit replays the programs, in order, by one call of driver.js.
func (d *Device) Submit(programs ...gpu.Program) error {
	if err := d.usable(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	dispatches, err := d.programArgs(d.args[:0], programs)
	if err != nil {
		return err
	}
	if dispatches == 0 {
		return nil
	}
	if _, err := d.call("submit", d.js.submit, d.args...); err != nil {
		return err
	}
	d.counters.Submits++
	d.counters.Dispatches += uint64(dispatches)
	return nil
}

// programArgs appends the programs' objects to args, which becomes d.args, and tells how
// many dispatches they have. d.mu is held.
func (d *Device) programArgs(args []any, programs []gpu.Program) (dispatches int, err error) {
	for i, p := range programs {
		own, ok := p.(*program)
		if !ok || own.d != d || own.gone {
			return 0, &gpu.ValidationError{Op: "submit", Message: fmt.Sprintf("program %d (%q) is released or of another device", i, p.Label())}
		}
		for _, b := range own.buffers {
			if b.gone {
				return 0, &gpu.ValidationError{Op: "submit " + own.label, Message: fmt.Sprintf("buffer %q has been released", b.label)}
			}
		}
		dispatches += own.dispatches
		args = append(args, own.object)
	}
	d.args = args
	return dispatches, nil
}
