package mixtral

import (
	"context"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
)

// A decodeProgram is one decoding step. The first token does not need it, so its kernels
// are compiled behind the loading of the model, while the prompt is typed and run.
type decodeProgram struct {
	calls    []kernel.Call
	cancel   context.CancelFunc
	prepared chan error // has one value when the kernels are compiled
	program  gpu.Program
}

// prepare starts the compilation.
func (d *decodeProgram) prepare(pipelines *kernel.Pipelines, calls []kernel.Call) {
	ctx, cancel := context.WithCancel(context.Background())
	d.calls, d.cancel, d.prepared = calls, cancel, make(chan error, 1)
	go func() { d.prepared <- pipelines.Prepare(ctx, calls) }()
}

// get waits for the compilation the first time.
func (d *decodeProgram) get(ctx context.Context, pipelines *kernel.Pipelines) (gpu.Program, error) {
	if d.program != nil {
		return d.program, nil
	}
	select {
	case err := <-d.prepared:
		d.prepared <- err // for the next call, if this one fails
		if err != nil {
			return nil, err
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var err error
	d.program, err = pipelines.Compile(ctx, "decode", d.calls)
	return d.program, err
}

func (d *decodeProgram) close() {
	if d.cancel != nil {
		d.cancel()
	}
}
