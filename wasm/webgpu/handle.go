//go:build js && wasm

package webgpu

import (
	"syscall/js"
	"unsafe"

	"github.com/cogentcore/webgpu/wgpu"
	"github.com/hack-pad/safejs"
)

// wrapper is a type of cogentcore/webgpu that holds one js.Value and nothing else.
type wrapper interface {
	wgpu.Buffer | wgpu.BindGroupLayout | wgpu.PipelineLayout | wgpu.ShaderModule
}

// object is the JavaScript object inside a wrapper, whose only field is unexported.
// The replay in driver.js needs it. This is the one place that looks inside.
func object[T wrapper](v *T) safejs.Value {
	return safejs.Safe(*(*js.Value)(unsafe.Pointer(v)))
}

// The layout that object relies on; another version of the package may not compile.
var (
	_ [unsafe.Sizeof(js.Value{})]byte = [unsafe.Sizeof(wgpu.Buffer{})]byte{}
	_ [unsafe.Sizeof(js.Value{})]byte = [unsafe.Sizeof(wgpu.BindGroupLayout{})]byte{}
	_ [unsafe.Sizeof(js.Value{})]byte = [unsafe.Sizeof(wgpu.PipelineLayout{})]byte{}
	_ [unsafe.Sizeof(js.Value{})]byte = [unsafe.Sizeof(wgpu.ShaderModule{})]byte{}
)
