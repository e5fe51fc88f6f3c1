package webgpu

import (
	"context"
	"fmt"
	"strings"

	"github.com/cogentcore/webgpu/wgpu"

	"mixtab/engine/gpu"
)

// layout is the bind-group and pipeline layout of one list of binding kinds.
type layout struct {
	group    *wgpu.BindGroupLayout
	pipeline *wgpu.PipelineLayout
}

func (l *layout) release() {
	l.pipeline.Release()
	l.group.Release()
}

// layoutFor returns the shared layout of these binding kinds. The lock is held.
func (d *device) layoutFor(bindings []gpu.Access) (*layout, error) {
	key := fmt.Sprint(bindings)
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
	err := d.callLocked("bind group layout", func() (err error) {
		l.group, err = d.dev.CreateBindGroupLayout(&wgpu.BindGroupLayoutDescriptor{Label: key, Entries: entries})
		if err != nil {
			return err
		}
		l.pipeline, err = d.dev.CreatePipelineLayout(&wgpu.PipelineLayoutDescriptor{
			Label: key, BindGroupLayouts: []*wgpu.BindGroupLayout{l.group},
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	d.counters.HostCalls += 2
	d.layouts[key] = l
	return l, nil
}

// pipeline implements gpu.Pipeline.
type pipeline struct {
	d      *device
	desc   gpu.PipelineDesc
	layout *layout
	module *wgpu.ShaderModule
	raw    *wgpu.ComputePipeline
}

// NewPipeline compiles desc.Source, whose entry point is main.
func (d *device) NewPipeline(ctx context.Context, desc gpu.PipelineDesc) (gpu.Pipeline, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("webgpu: pipeline %s: %w", desc.Label, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.usable(); err != nil {
		return nil, err
	}
	l, err := d.layoutFor(desc.Bindings)
	if err != nil {
		return nil, err
	}
	p := &pipeline{d: d, desc: desc, layout: l}
	err = d.callLocked("pipeline "+desc.Label, func() (err error) {
		p.module, err = d.dev.CreateShaderModule(&wgpu.ShaderModuleDescriptor{
			Label: desc.Label, WGSLDescriptor: &wgpu.ShaderModuleWGSLDescriptor{Code: desc.Source},
		})
		if err != nil {
			return err
		}
		p.raw, err = d.dev.CreateComputePipeline(&wgpu.ComputePipelineDescriptor{
			Label: desc.Label, Layout: l.pipeline,
			Compute: wgpu.ProgrammableStageDescriptor{Module: p.module, EntryPoint: "main"},
		})
		return err
	})
	if err != nil {
		p.release()
		return nil, shaderError(desc.Label, err)
	}
	d.keep(p)
	d.counters.HostCalls += 2
	return p, nil
}

func (p *pipeline) Desc() gpu.PipelineDesc { return p.desc }

func (p *pipeline) release() {
	if p.raw != nil {
		p.raw.Release()
	}
	if p.module != nil {
		p.module.Release()
	}
}

// step is one dispatch, bound.
type step struct {
	pipeline *wgpu.ComputePipeline
	group    *wgpu.BindGroup
	grid     [3]uint32
}

// program implements gpu.Program.
type program struct {
	d       *device
	label   string
	steps   []step
	buffers []*buffer // each once: a released one makes Submit fatal in wgpu-native
	gone    bool
}

// NewProgram makes a bind group for each dispatch.
func (d *device) NewProgram(ctx context.Context, label string, dispatches []gpu.Dispatch) (gpu.Program, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("webgpu: program %s: %w", label, err)
	}
	p := &program{d: d, label: label, steps: make([]step, 0, len(dispatches))}
	seen := map[*buffer]bool{}
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.usable()
	for i, dispatch := range dispatches {
		if err != nil {
			break
		}
		err = p.add(i, dispatch, seen)
	}
	if err != nil {
		p.release()
		return nil, err
	}
	d.keep(p)
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
	entries := make([]wgpu.BindGroupEntry, len(dispatch.Bindings))
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
		entries[i] = wgpu.BindGroupEntry{Binding: uint32(i), Buffer: b.raw, Offset: uint64(bind.Offset), Size: uint64(bind.Bytes())}
	}
	s := step{pipeline: own.raw, grid: [3]uint32{uint32(dispatch.Grid[0]), uint32(dispatch.Grid[1]), uint32(dispatch.Grid[2])}}
	err := d.callLocked("bind group of "+own.desc.Label, func() (err error) {
		s.group, err = d.dev.CreateBindGroup(&wgpu.BindGroupDescriptor{Label: own.desc.Label, Layout: own.layout.group, Entries: entries})
		return err
	})
	if err != nil {
		return err
	}
	d.counters.HostCalls++
	p.steps = append(p.steps, s)
	return nil
}

func (p *program) Label() string   { return p.label }
func (p *program) Dispatches() int { return len(p.steps) }
func (p *program) Release()        { p.d.drop(p) }

func (p *program) release() {
	p.gone = true
	for _, s := range p.steps {
		s.group.Release()
	}
}

// Submit encodes the programs as one compute pass of one command buffer. WebGPU
// orders the dispatches of a pass: each sees what those before it wrote.
func (d *device) Submit(programs ...gpu.Program) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.usable(); err != nil {
		return err
	}
	own, dispatches, err := d.ownPrograms(programs)
	if err != nil || dispatches == 0 {
		return err
	}
	err = d.callLocked("submit "+own[0].label, func() error {
		return d.encoded(func(encoder *wgpu.CommandEncoder) error { return d.replay(encoder, own) })
	})
	if err == nil {
		d.counters.Submits++
		d.counters.Dispatches += uint64(dispatches)
	}
	return err
}

// ownPrograms are the programs, fit to be submitted, and how many dispatches they have.
// The lock is held.
func (d *device) ownPrograms(programs []gpu.Program) (own []*program, dispatches int, err error) {
	own = make([]*program, len(programs))
	for i, p := range programs {
		var ok bool
		if own[i], ok = p.(*program); !ok || own[i].d != d || own[i].gone {
			return nil, 0, &gpu.ValidationError{Op: "submit", Message: fmt.Sprintf("program %d (%q) is released or of another device", i, p.Label())}
		}
		for _, b := range own[i].buffers {
			if b.gone {
				return nil, 0, &gpu.ValidationError{Op: "submit " + p.Label(), Message: fmt.Sprintf("buffer %q has been released", b.label)}
			}
		}
		dispatches += len(own[i].steps)
	}
	return own, dispatches, nil
}

// encoded submits what encode puts into a command buffer.
func (d *device) encoded(encode func(*wgpu.CommandEncoder) error) error {
	encoder, err := d.dev.CreateCommandEncoder(nil)
	if err != nil {
		return err
	}
	defer encoder.Release()
	if err := encode(encoder); err != nil {
		return err
	}
	return d.finish(encoder)
}

// replay encodes the programs as one pass.
func (d *device) replay(encoder *wgpu.CommandEncoder, programs []*program) error {
	pass := encoder.BeginComputePass(nil)
	defer pass.Release()
	var bound *wgpu.ComputePipeline
	for _, p := range programs {
		for i := range p.steps {
			s := &p.steps[i]
			if s.pipeline != bound {
				pass.SetPipeline(s.pipeline)
				bound = s.pipeline
				d.counters.HostCalls++
			}
			pass.SetBindGroup(0, s.group, nil)
			pass.DispatchWorkgroups(s.grid[0], s.grid[1], s.grid[2])
			d.counters.HostCalls += 2
		}
	}
	return pass.End()
}

// finish submits what the encoder holds.
func (d *device) finish(encoder *wgpu.CommandEncoder) error {
	commands, err := encoder.Finish(nil)
	if err != nil {
		return err
	}
	defer commands.Release()
	d.queue.Submit(commands)
	d.counters.HostCalls += 5 // encoder, pass, end, finish, submit
	return nil
}
