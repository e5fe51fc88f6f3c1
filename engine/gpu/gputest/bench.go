package gputest

import (
	"fmt"
	"testing"
	"time"

	"mixtab/engine/gpu"
)

// Replay measures what a dispatch costs apart from its arithmetic: it submits a
// program of n dispatches of one workgroup, alternating two pipelines, as a decoded
// token does. It logs the host's time to submit, the time until the result of a
// chain of such submits is back, and the host calls of a submit.
func Replay(t *testing.T, dev gpu.Device, n int) {
	pipelines := []gpu.Pipeline{newPipeline(t, dev, affineDesc("affine a")), newPipeline(t, dev, affineDesc("affine b"))}
	x, y := newBuffer(t, dev, "x", gpu.Storage, 256), newBuffer(t, dev, "y", gpu.Storage, 256)
	there := affine(t, dev, pipelines[0], gpu.Binding{Buffer: x}, gpu.Binding{Buffer: y}, 64, 1, 1)
	back := affine(t, dev, pipelines[1], gpu.Binding{Buffer: y}, gpu.Binding{Buffer: x}, 64, 1, 0)
	dispatches := make([]gpu.Dispatch, n)
	for i := range dispatches {
		dispatches[i] = []gpu.Dispatch{there, back}[i%2]
	}
	began := time.Now()
	program := newProgram(t, dev, dispatches...)
	recorded := time.Since(began)

	submit(t, dev, program) // some devices compile at the first dispatch
	readFloats(t, dev, x, 0, 1)

	const rounds = 20
	var submitting, whole time.Duration
	before := dev.Counters()
	for range rounds {
		began := time.Now()
		submit(t, dev, program)
		submitting += time.Since(began)
		readFloats(t, dev, x, 0, 1)
		whole += time.Since(began)
	}
	calls := dev.Counters().HostCalls - before.HostCalls

	began = time.Now()
	var reads [rounds]gpu.Readback
	for i := range reads {
		submit(t, dev, program)
		r, err := dev.StartRead(x, 0, 4)
		if err != nil {
			t.Fatal(err)
		}
		reads[i] = r
	}
	for _, r := range reads {
		if err := r.Wait(t.Context(), make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
	}
	chained := time.Since(began)

	began = time.Now()
	for range rounds {
		readFloats(t, dev, x, 0, 1)
	}
	reading := time.Since(began)

	per := func(d time.Duration) string {
		return fmt.Sprintf("%.2f µs", float64(d.Nanoseconds())/1000/float64(rounds*n))
	}
	t.Logf("%s: %d dispatches: record %.1f ms; per dispatch: submit %s, submit and read %s, %d submits in flight %s; "+
		"host calls per submit and read %.1f; a read alone %v",
		dev.Info().Adapter, n, recorded.Seconds()*1000, per(submitting), per(whole), rounds, per(chained),
		float64(calls)/rounds, reading/rounds)
	if got, want := readFloats(t, dev, x, 0, 1)[0], float32((2*rounds+1)*n/2); got != want {
		t.Errorf("x[0] is %v, want %v", got, want)
	}
}
