//go:build js && wasm

package webgpu

import (
	"syscall/js"
	"unsafe"

	"github.com/cogentcore/webgpu/wgpu"
	"github.com/hack-pad/safejs"
)

// object is the JavaScript object inside a buffer of cogentcore/webgpu, whose only field is
// unexported. The replay in driver.js needs it. This is the one place that looks inside.
func object(b *wgpu.Buffer) safejs.Value {
	return safejs.Safe(*(*js.Value)(unsafe.Pointer(b)))
}

// The layout that object relies on; another version of the package may not compile.
var _ [unsafe.Sizeof(js.Value{})]byte = [unsafe.Sizeof(wgpu.Buffer{})]byte{}
