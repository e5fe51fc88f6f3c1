package mixtraltest

import (
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/mixtral"
	"mixtab/engine/quant"
	"mixtab/engine/sample"
)

// HotPath holds what a decoded token may cost beside its arithmetic, where all experts are
// on the device: 8 dispatches a layer and a few for the ends, one submit, 4 bytes read back,
// and hostCalls crossings of the host's boundary, with several tokens under way.
func HotPath(t *testing.T, dev gpu.Device, hostCalls float64) {
	pack, man := Deep(t, quant.Q4, 96)
	const steps, warm, end = 40, 8, 32
	for _, traced := range []bool{false, true} {
		var told []mixtral.Routing
		m, err := mixtral.Load(t.Context(), dev, pack.Source(dev), man, mixtral.Options{Context: 64})
		if err != nil {
			t.Fatal(err)
		}
		if traced {
			m.Watch(mixtral.Watch{Routing: func(r mixtral.Routing) { told = append(told, r) }})
		}
		var before, after gpu.Counters
		decode(t, m, steps, func(step int) {
			switch step {
			case warm: // now it is known how many layers a submit may hold
				before = dev.Counters()
			case end:
				after = dev.Counters()
			}
		})
		per := func(a, b uint64) float64 { return float64(b-a) / (end - warm) }
		layers := float64(man.Config.NLayers)
		dispatches, submits := per(before.Dispatches, after.Dispatches), per(before.Submits, after.Submits)
		read, calls := per(before.BytesRead, after.BytesRead), per(before.HostCalls, after.HostCalls)
		t.Logf("traced %v: %.2f dispatches a layer and token, %.2f submits, %.0f bytes read back, %.2f host calls a token",
			traced, dispatches/layers, submits, read, calls)
		if traced { // a read of its own, behind the token: submit, settle and copy
			submits, read, calls = submits-1, read-4*2*2*layers, calls-3
		}
		// The ends are the embedding, the last norm, the head and sampling.
		if dispatches > 8*layers+4 || submits > 1 || read > 4 {
			t.Errorf("traced %v: %.2f dispatches, %.2f submits, %.0f bytes read back; want at most %.0f, 1, 4", traced, dispatches, submits, read, 8*layers+4)
		}
		if hostCalls > 0 && calls > hostCalls {
			t.Errorf("traced %v: %.2f host calls a token, want at most %v", traced, calls, hostCalls)
		}
		if traced && len(told) != steps {
			t.Errorf("told of %d tokens of %d", len(told), steps)
		}
		for i, r := range told {
			if r.Number != i || len(r.Experts) != 2*man.Config.NLayers || r.Experts[0] == r.Experts[1] {
				t.Fatalf("token %d was routed by %+v", i, r)
			}
		}
		m.Close()
	}
}

// decode samples tokens behind a short prompt, with three steps under way behind the one
// that is waited for. at is called when a token has come and the next steps are queued.
func decode(t *testing.T, m *mixtral.Model, steps int, at func(step int)) {
	t.Helper()
	if err := m.Begin(sample.Config{Temperature: 0.9, Seed: 3}); err != nil {
		t.Fatal(err)
	}
	if err := m.Prefill(t.Context(), []int32{1, 2, 3, 4, 5}); err != nil {
		t.Fatal(err)
	}
	first, err := m.SampleFirst()
	if err != nil {
		t.Fatal(err)
	}
	flying := []*mixtral.Step{first}
	for step := range steps {
		for queued := step + len(flying); step > 0 && queued < steps && len(flying) <= 3; queued++ {
			s, err := m.Decode(t.Context(), queued)
			if err != nil {
				t.Fatal(err)
			}
			flying = append(flying, s)
		}
		at(step)
		if _, err := flying[0].Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		flying = flying[1:]
	}
	m.Drain(t.Context())
}
