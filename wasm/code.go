//go:build js && wasm

package main

import (
	"errors"
	"fmt"

	"mixtab/engine"
	"mixtab/engine/experts"
	"mixtab/engine/gpu"
	"mixtab/engine/grammar"
	"mixtab/engine/weights"
	"mixtab/wasm/protocol"
	"mixtab/wasm/source"
)

// errBadRequest marks errors that the page's request is to blame for.
var errBadRequest = errors.New("bad request")

// A requestError is an errBadRequest in its own words.
type requestError struct{ text string }

func (e requestError) Error() string        { return e.text }
func (e requestError) Is(target error) bool { return target == errBadRequest }

func badRequest(format string, args ...any) error {
	return requestError{fmt.Sprintf(format, args...)}
}

// codeOf tells the page which remedy to show.
func codeOf(err error) protocol.Code {
	for _, c := range []struct {
		is   error
		code protocol.Code
	}{
		{gpu.ErrNoWebGPU, protocol.CodeNoWebGPU},
		{gpu.ErrDeviceLost, protocol.CodeDeviceLost},
		{gpu.ErrOutOfMemory, protocol.CodeOutOfMemory},
		{weights.ErrBadShard, protocol.CodeBadPack},
		{weights.ErrBadManifest, protocol.CodeBadPack},
		{engine.ErrNoTokenizer, protocol.CodeBadPack},
		{source.ErrNetwork, protocol.CodeNetwork},
		{source.ErrStorage, protocol.CodeStorage},
		{source.ErrFolder, protocol.CodeFolder},
		{engine.ErrContextFull, protocol.CodeContextFull},
		{experts.ErrBudget, protocol.CodeBadRequest},
		{grammar.ErrAmbiguous, protocol.CodeBadRequest},
		{grammar.ErrAstray, protocol.CodeBadRequest},
		{errBadRequest, protocol.CodeBadRequest},
	} {
		if errors.Is(err, c.is) {
			return c.code
		}
	}
	return protocol.CodeInternal
}
