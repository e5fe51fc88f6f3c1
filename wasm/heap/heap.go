//go:build js && wasm

// Package heap measures the memory of the page that the program runs in.
package heap

import (
	"context"
	"errors"
	"fmt"

	"github.com/hack-pad/safejs"
)

// ErrUnavailable is where the page cannot measure: it is not cross-origin isolated, or the
// worker's page does not offer globalThis.measureMemory.
var ErrUnavailable = errors.New("heap: the page cannot measure its memory")

// Linear is the size of the WebAssembly memory, which never shrinks.
func Linear() (int64, error) {
	v := safejs.Global()
	for _, name := range []string{"wasm", "instance", "exports", "mem", "buffer", "byteLength"} {
		var err error
		if v, err = v.Get(name); err != nil {
			return 0, fmt.Errorf("heap: globalThis.wasm: %w", err)
		}
	}
	n, err := v.Int()
	return int64(n), err
}

// JS is what the page with its workers holds beside the WebAssembly memory, ArrayBuffers
// included, by performance.measureUserAgentSpecificMemory: Chromium 156 leaves WebAssembly
// memory out of it (256 MB more of that changed nothing). Workers have no such function:
// whoever starts one gives it measureMemory, which asks the page.
func JS(ctx context.Context) (int64, error) {
	measure, err := safejs.Global().Get("measureMemory")
	if err != nil || measure.Type() != safejs.TypeFunction {
		return 0, ErrUnavailable
	}
	promise, err := measure.Invoke()
	if err != nil {
		return 0, fmt.Errorf("heap: %w", err)
	}
	total := make(chan int64, 1)
	then, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		n, err := args[0].Float()
		if err != nil {
			n = -1
		}
		total <- int64(n)
		return nil
	})
	if err != nil {
		return 0, err
	}
	defer then.Release()
	if _, err := promise.Call("then", then, then); err != nil {
		return 0, fmt.Errorf("heap: %w", err)
	}
	select {
	case n := <-total:
		if n < 0 {
			return 0, ErrUnavailable
		}
		return n, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
