package gpu

import (
	"errors"
	"fmt"
)

// Errors that a host can act on. Drivers wrap them with what happened.
var (
	ErrNoWebGPU    = errors.New("no WebGPU adapter")
	ErrDeviceLost  = errors.New("GPU device lost")
	ErrOutOfMemory = errors.New("out of GPU memory")
)

// A ShaderError is a kernel that the device's compiler refused.
type ShaderError struct {
	Kernel  string // the pipeline's label
	Line    int    // 1-based line of the complete source, 0 if unknown
	Column  int    // 1-based, 0 if unknown
	Message string
}

func (e *ShaderError) Error() string {
	return fmt.Sprintf("shader %s:%d:%d: %s", e.Kernel, e.Line, e.Column, e.Message)
}

// A ValidationError is a call that WebGPU refused: a bug in mixtab, never the user's.
type ValidationError struct {
	Op      string // what was being done
	Message string
}

func (e *ValidationError) Error() string {
	return fmt.Sprintf("webgpu: %s: %s", e.Op, e.Message)
}
