//go:build js && wasm

// Package webgpu is the browser's driver of gpu.Device. cogentcore/webgpu makes the
// buffers; driver.js beside this file, which the page's worker imports first, does what the
// package cannot, and what would cost Go a crossing too many: it compiles kernels, the last
// visit's before Go asks, binds dispatches, and replays a whole program in one call.
package webgpu

import (
	"context"
	"fmt"
	"strings"

	"github.com/cogentcore/webgpu/wgpu"
	"github.com/hack-pad/safejs"

	"mixtab/engine/gpu"
)

// Open opens a device with all the limits and the known features that the browser's
// adapter has. Where there is none the error wraps gpu.ErrNoWebGPU.
func Open(ctx context.Context) (*Device, error) {
	module, err := safejs.Global().Get("mixtabDriver")
	if err != nil || module.IsUndefined() {
		return nil, fmt.Errorf("webgpu: globalThis.mixtabDriver is missing: import wasm/webgpu/driver.js before the program starts")
	}
	open, err := module.Get("open")
	if err != nil {
		return nil, thrown("open", err)
	}
	d := &Device{
		requests: requests{pending: map[int]func(reply){}},
		lost:     make(chan error, 1),
		programs: map[*program]bool{},
		idle:     map[int][]*slot{},
	}
	if err := d.callbacks(); err != nil {
		return nil, err
	}
	r, err := d.await(ctx, func(int) error {
		_, err := open.Invoke(d.funcs[0], d.funcs[1], d.funcs[2])
		return thrown("open", err)
	})
	if err == nil {
		err = r.err("open")
	}
	if err == nil {
		err = d.learn(r.value)
	}
	if err != nil {
		d.releaseCallbacks()
		return nil, err
	}
	return d, nil
}

// callbacks makes what driver.js calls: settle, onLost, onUncaptured.
func (d *Device) callbacks() error {
	for _, f := range []func(safejs.Value, []safejs.Value) any{d.settle, d.onLost, d.onUncaptured} {
		callback, err := safejs.FuncOf(f)
		if err != nil {
			return thrown("open", err)
		}
		d.funcs = append(d.funcs, callback)
	}
	return nil
}

func (d *Device) releaseCallbacks() {
	for _, f := range d.funcs {
		f.Release()
	}
}

func (d *Device) onLost(_ safejs.Value, args []safejs.Value) any {
	if d.closed || d.lostErr != nil {
		return nil
	}
	message, _ := args[0].String()
	d.lostErr = lostError(message)
	d.lost <- d.lostErr
	d.failAll(reply{kind: lost, message: message})
	return nil
}

func (d *Device) onUncaptured(_ safejs.Value, args []safejs.Value) any {
	if d.uncaptured == nil {
		kind, _ := args[0].Int()
		message, _ := args[1].String()
		d.uncaptured = reply{kind: kind, message: oneLine(message)}.err("an earlier call")
	}
	return nil
}

// learn takes over what driver.js opened.
func (d *Device) learn(opened safejs.Value) (err error) {
	get := func(from safejs.Value, name string) safejs.Value {
		v, e := from.Get(name)
		if err == nil {
			err = thrown("open", e)
		}
		return v
	}
	for name, f := range map[string]*safejs.Value{
		"device": &d.js.device, "pushScopes": &d.js.pushScopes, "popScopes": &d.js.popScopes, "compile": &d.js.compile,
		"newProgram": &d.js.newProgram, "addDispatch": &d.js.addDispatch, "submit": &d.js.submit, "profile": &d.js.profile, "newSlot": &d.js.newSlot,
		"submitRead": &d.js.submitRead, "write": &d.js.write, "writeBufferFrom": &d.js.writeBufferFrom, "close": &d.js.close, "upload": &d.js.upload, "copyOut": &d.js.copyOut, "keepKernels": &d.js.keepKernels,
	} {
		*f = get(opened, name)
	}
	limits, features := get(opened, "limits"), get(opened, "features")
	limit := func(i int) int {
		v, _ := limits.Index(i)
		n, e := v.Float() // some browsers say 2^53
		if err == nil {
			err = thrown("open", e)
		}
		return int(n)
	}
	feature := func(i int) bool {
		v, _ := features.Index(i)
		has, e := v.Bool()
		if err == nil {
			err = thrown("open", e)
		}
		return has
	}
	subgroupSize, e := get(opened, "subgroupSize").Int()
	if err == nil {
		err = thrown("open", e)
	}
	name, _ := get(opened, "name").String()
	kind, _ := get(opened, "kind").String()
	d.info = gpu.Info{
		Driver:  "browser",
		Adapter: strings.TrimSpace(name),
		Kind: map[string]gpu.Kind{
			"cpu": gpu.KindCPU, "integrated": gpu.KindIntegrated, "discrete": gpu.KindDiscrete,
		}[kind],
		Limits: gpu.Limits{
			MaxBufferSize: limit(0), MaxStorageBufferBindingSize: limit(1), MaxStorageBuffersPerShaderStage: limit(2),
			MaxComputeWorkgroupStorageSize: limit(3), MaxComputeInvocationsPerWorkgroup: limit(4), MaxComputeWorkgroupsPerDimension: limit(5),
		},
		Features: gpu.Features{ShaderF16: feature(0), SubgroupSize: subgroupSize, TimestampQuery: feature(1), PackedDot: feature(2)},
	}
	d.dev = wgpu.NewDevice(safejs.Unsafe(d.js.device))
	return err
}
