package mixtral

import (
	"context"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
)

// A decoder is the pass of one decoding step. The first token does not need it, so its
// kernels are compiled behind the loading of the model, while the prompt is typed and
// run.
type decoder struct {
	*pass
	sampling gpu.Program // the pass's end where the device samples
	calls    []kernel.Call
	cancel   context.CancelFunc
	prepared chan error // has one value when the kernels are compiled
	last     time.Time  // when a step's token came
}

// prepare starts the compilation.
func (d *decoder) prepare(pipelines *kernel.Pipelines, calls []kernel.Call) {
	ctx, cancel := context.WithCancel(context.Background())
	d.calls, d.cancel, d.prepared = calls, cancel, make(chan error, 1)
	go func() { d.prepared <- pipelines.Prepare(ctx, calls) }()
}

// ready waits for the compilation the first time.
func (d *decoder) ready(ctx context.Context, m *Model) error {
	if d.pass != nil {
		return nil
	}
	select {
	case err := <-d.prepared:
		d.prepared <- err // for the next call, if this one fails
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx = context.WithoutCancel(ctx) // half of it would be kept by nobody
	p, err := m.compileWhole(ctx, "decode", m.one())
	if err != nil {
		return err
	}
	if d.sampling, err = m.pipelines.Compile(ctx, "decode end", m.endCalls()); err != nil {
		return err
	}
	d.pass = p
	return nil
}

func (d *decoder) close() {
	if d.cancel != nil {
		d.cancel()
	}
}
