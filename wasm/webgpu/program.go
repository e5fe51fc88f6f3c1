//go:build js && wasm

package webgpu

import (
	"context"
	"fmt"
	"strings"

	"github.com/cogentcore/webgpu/wgpu"
	"github.com/hack-pad/safejs"

	"mixtab/engine/gpu"
)

// layout is the bind-group and pipeline layout of one list of binding kinds.
type layout struct {
	group    *wgpu.BindGroupLayout
	pipeline *wgpu.PipelineLayout
	object   safejs.Value // of group
}

// layoutFor returns the shared layout of these binding kinds. It does not wait.
func (d *Device) layoutFor(bindings []gpu.Access) (*layout, error) {
	key := fmt.Sprint(bindings)
	d.mu.Lock()
	defer d.mu.Unlock()
	if l, ok := d.layouts[key]; ok {
		return l, nil
	}
	entries := make([]wgpu.BindGroupLayoutEntry, len(bindings))
	for i, access := range bindings {
		kind := wgpu.BufferBindingTypeReadOnlyStorage
		switch access {
		case gpu.ReadWrite:
			kind = wgpu.BufferBindingTypeStorage
		case gpu.Params:
			kind = wgpu.BufferBindingTypeUniform
		}
		entries[i] = wgpu.BindGroupLayoutEntry{
			Binding:    uint32(i),
			Visibility: wgpu.ShaderStageCompute,
			Buffer:     wgpu.BufferBindingLayout{Type: kind},
		}
	}
	l := &layout{}
	err := guard("bind group layout", func() (err error) {
		d.counters.HostCalls += 2
		if l.group, err = d.dev.CreateBindGroupLayout(&wgpu.BindGroupLayoutDescriptor{Entries: entries}); err != nil {
			return err
		}
		l.pipeline, err = d.dev.CreatePipelineLayout(&wgpu.PipelineLayoutDescriptor{
			BindGroupLayouts: []*wgpu.BindGroupLayout{l.group},
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	l.object = object(l.group)
	d.layouts[key] = l
	return l, nil
}

// pipeline implements gpu.Pipeline.
type pipeline struct {
	d      *Device
	desc   gpu.PipelineDesc
	layout *layout
	object safejs.Value
}

// NewPipeline compiles desc.Source, whose entry point is main. Several may be
// compiling at a time.
func (d *Device) NewPipeline(ctx context.Context, desc gpu.PipelineDesc) (gpu.Pipeline, error) {
	if err := d.usable(); err != nil {
		return nil, err
	}
	op := "pipeline " + desc.Label
	p := &pipeline{d: d, desc: desc}
	r, err := d.await(ctx, func(token int) error {
		if _, err := d.call(op, d.js.pushScopes); err != nil {
			return err
		}
		var module *wgpu.ShaderModule
		err := guard(op, func() (err error) {
			d.counters.HostCalls++
			if p.layout, err = d.layoutFor(desc.Bindings); err != nil {
				return err
			}
			module, err = d.dev.CreateShaderModule(&wgpu.ShaderModuleDescriptor{
				WGSLDescriptor: &wgpu.ShaderModuleWGSLDescriptor{Code: desc.Source},
			})
			return err
		})
		if err != nil {
			d.call(op, d.js.popScopes, -1)
			return err
		}
		_, err = d.call(op, d.js.compile, token, object(module), object(p.layout.pipeline), desc.Label)
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
	p.object = r.value
	return p, nil
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
	buffers    []*buffer // each once
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
	args := append(d.args[:0], p.object, own.object, own.layout.object, dispatch.Grid[0], dispatch.Grid[1], dispatch.Grid[2])
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
	_, err := d.call(p.label, d.js.addDispatch, args...)
	return err
}

func (p *program) Label() string   { return p.label }
func (p *program) Dispatches() int { return p.dispatches }

// Release lets the browser collect the bind groups.
func (p *program) Release() {
	p.gone = true
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
