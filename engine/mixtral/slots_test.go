package mixtral_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"mixtab/engine/experts"
	"mixtab/engine/gpu"
	"mixtab/engine/mixtral"
	"mixtab/engine/mixtral/mixtraltest"
	"mixtab/engine/quant"
	"mixtab/engine/ref"
	"mixtab/engine/sample"
	"mixtab/engine/weights"
)

func TestBudgetDoesNotMatter(t *testing.T) { mixtraltest.RunAll(t, ref.New()) }

func TestChangeBudget(t *testing.T) {
	m := load(t, "deep", quant.Q4, mixtral.Options{Context: 64})
	want := mixtraltest.Run(t, m, 8)
	layout := m.ExpertLayout()
	for _, slots := range []int{layout.Slots() / 2, 9, layout.Slots(), 8, layout.Slots() - 1} {
		if err := m.SetExpertBudget(t.Context(), int64(slots)*layout.Shape.Bytes); err != nil {
			t.Fatal(err)
		}
		if got := m.ExpertLayout().Slots(); got != slots {
			t.Errorf("%d slots, want %d", got, slots)
		}
		if got := mixtraltest.Run(t, m, 8); !got.Equal(want) {
			t.Errorf("%d slots: other bits", slots)
		}
	}
	if err := m.SetExpertBudget(t.Context(), 1); !errors.Is(err, experts.ErrBudget) {
		t.Errorf("a budget of one byte: %v", err)
	}
	if got := mixtraltest.Run(t, m, 8); !got.Equal(want) {
		t.Error("a refused budget changed something")
	}
}

// small is a device with little memory.
type small struct {
	*ref.Device
	limit uint64
}

func (d *small) NewBuffer(ctx context.Context, label string, usage gpu.Usage, size int) (gpu.Buffer, error) {
	if d.Counters().BytesHeld+uint64(size) > d.limit {
		return nil, fmt.Errorf("%w: buffer %s", gpu.ErrOutOfMemory, label)
	}
	return d.Device.NewBuffer(ctx, label, usage, size)
}

// Where not all slots can be had, there are fewer.
func TestOutOfMemory(t *testing.T) {
	pack, man := memory(t, "tiny", quant.Q4)
	open := func(limit uint64) (*mixtral.Model, *small, error) {
		dev := &small{ref.New(), limit}
		m, err := mixtral.Load(t.Context(), dev, pack.Source(dev), man, mixtral.Options{Context: 64})
		return m, dev, err
	}
	whole, dev, err := open(1 << 30)
	if err != nil {
		t.Fatal(err)
	}
	want := mixtraltest.Run(t, whole, 8)
	held, layout := dev.Counters().BytesHeld, whole.ExpertLayout()
	whole.Close()
	if left := dev.Counters().BytesHeld; left != 0 {
		t.Errorf("%d bytes are held after Close", left)
	}
	m, dev, err := open(held - uint64(3*layout.Shape.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.ExpertLayout(); got.Resident() || got.Slots() < layout.Slots()/2 {
		t.Errorf("with room for all but three experts: %+v", got)
	}
	if got := mixtraltest.Run(t, m, 8); !got.Equal(want) {
		t.Error("with less memory: other bits")
	}
	m.Close()
	if left := dev.Counters().BytesHeld; left != 0 {
		t.Errorf("%d bytes are held after Close", left)
	}
	_, dev, err = open(held - uint64(layout.Bytes()) + uint64(layout.Shape.Bytes))
	if !errors.Is(err, gpu.ErrOutOfMemory) || !errors.Is(err, experts.ErrBudget) {
		t.Errorf("with room for one expert: %v", err)
	}
	if left := dev.Counters().BytesHeld; left != 0 {
		t.Errorf("%d bytes are held after a failed Load", left)
	}
}

// flaky is a source whose loads of experts fail now and then.
type flaky struct {
	weights.Source
	fail func(weights.Part) error
}

func (f *flaky) Load(ctx context.Context, p weights.Part, dst gpu.Buffer, offset int) error {
	if err := f.fail(p); err != nil {
		return err
	}
	return f.Source.Load(ctx, p, dst, offset)
}

// After a load that failed, in prefill or in decoding, the next attempt gives the bits
// that it would have given.
func TestFailedLoad(t *testing.T) {
	pack, man := memory(t, "deep", quant.Q4)
	all := load(t, "deep", quant.Q4, mixtral.Options{Context: 64})
	want := mixtraltest.Run(t, all, 8)
	broken := errors.New("broken store")
	for failing := 1; failing < 130; failing = failing*3/2 + 1 {
		slots := []int64{8, 14}[failing%2] // a pool, or slots of layers
		dev := ref.New()
		source := &flaky{pack.Source(dev), func(weights.Part) error { return nil }}
		m, err := mixtral.Load(t.Context(), dev, source, man, mixtral.Options{Context: 64, ExpertBudget: slots * all.ExpertLayout().Shape.Bytes})
		if err != nil {
			t.Fatal(err)
		}
		var loads atomic.Int64
		source.fail = func(weights.Part) error {
			if loads.Add(1) == int64(failing) {
				return broken
			}
			return nil
		}
		if err := attempt(t, m); !errors.Is(err, broken) {
			t.Errorf("load %d of %d: %v", failing, loads.Load(), err)
		}
		source.fail = func(weights.Part) error { return nil }
		m.Drain(t.Context())
		if got := mixtraltest.Run(t, m, 8); !got.Equal(want) {
			t.Errorf("after load %d failed: other bits", failing)
		}
		m.Close()
	}
}

// attempt prefills and decodes until an error comes.
func attempt(t *testing.T, m *mixtral.Model) error {
	if err := m.Begin(sample.Config{}); err != nil {
		return err
	}
	if err := m.Prefill(t.Context(), ids(21)); err != nil {
		return err
	}
	s, err := m.SampleFirst()
	for step := 1; step < 8 && err == nil; step++ {
		if _, err = s.Wait(t.Context()); err == nil {
			s, err = m.Decode(t.Context(), step)
		}
	}
	return err
}

// The trace tells every token's experts, whether or not all are on the device.
func TestTrace(t *testing.T) {
	var traces [3][][]int
	for i, budget := range []int64{0, 1 << 17, 3 << 16} {
		m := load(t, "deep", quant.Q4, mixtral.Options{Context: 64, ExpertBudget: budget,
			Trace: func(chosen []int) { traces[i] = append(traces[i], chosen) }})
		mixtraltest.Run(t, m, 10)
		if len(traces[i]) != 9 { // the first token comes of the prefill
			t.Errorf("%d tokens were traced, want 9", len(traces[i]))
		}
	}
	if fmt.Sprint(traces[0]) != fmt.Sprint(traces[1]) || fmt.Sprint(traces[0]) != fmt.Sprint(traces[2]) {
		t.Errorf("traces differ:\n%v\n%v\n%v", traces[0], traces[1], traces[2])
	}
}
