package measure

import (
	"context"
	"errors"

	"mixtab/wasm/heap"
)

// A gauge measures the page's memory when it is read: the browser needs seconds for that.
type gauge struct{}

func startGauge(context.Context) gauge { return gauge{} }

// read is the memory now; what the page cannot measure is 0.
func (gauge) read(ctx context.Context) (memory, error) {
	js, err := heap.JS(ctx)
	if errors.Is(err, heap.ErrUnavailable) {
		err = nil
	}
	return memory{js: js}, err
}

// goHeap is the WebAssembly memory.
func goHeap() uint64 {
	n, _ := heap.Linear()
	return uint64(n)
}
