package mixtral_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"mixtab/engine/experts"
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
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
		if err := attempt(t.Context(), m); !errors.Is(err, broken) {
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

// attempt prefills and decodes, with several steps under way, until an error comes.
func attempt(ctx context.Context, m *mixtral.Model) error {
	if err := m.Begin(sample.Config{}); err != nil {
		return err
	}
	if err := m.Prefill(ctx, ids(21)); err != nil {
		return err
	}
	s, err := m.SampleFirst()
	if err != nil {
		return err
	}
	if _, err := s.Wait(ctx); err != nil {
		return err
	}
	var flying []*mixtral.Step
	for step := 1; step < 8; step++ {
		for len(flying) < min(3, 8-step) {
			s, err := m.Decode(ctx, step+len(flying))
			if err != nil {
				return err
			}
			flying = append(flying, s)
		}
		if _, err := flying[0].Wait(ctx); err != nil {
			return err
		}
		flying = flying[1:]
	}
	return nil
}

// stumbling is a device of which one call fails, once.
type stumbling struct {
	*ref.Device
	op   string
	left int // calls of op until it fails
}

var errOnce = errors.New("once")

func (d *stumbling) call(op string) error {
	if d.op != op {
		return nil
	}
	if d.left--; d.left == 0 {
		return errOnce
	}
	return nil
}

func (d *stumbling) Write(b gpu.Buffer, offset int, data []byte) error {
	if err := d.call("write"); err != nil {
		return err
	}
	return d.Device.Write(b, offset, data)
}

func (d *stumbling) Submit(programs ...gpu.Program) error {
	if err := d.call("submit"); err != nil {
		return err
	}
	return d.Device.Submit(programs...)
}

func (d *stumbling) StartRead(b gpu.Buffer, offset, n int) (gpu.Readback, error) {
	if err := d.call("read"); err != nil {
		return nil, err
	}
	return d.Device.StartRead(b, offset, n)
}

func (d *stumbling) NewProgram(ctx context.Context, label string, dispatches []gpu.Dispatch) (gpu.Program, error) {
	if err := d.call("program"); err != nil {
		return nil, err
	}
	return d.Device.NewProgram(ctx, label, dispatches)
}

// After a call of the device that failed, wherever, the next answer is right: the slot
// table on the device may have been left half written.
func TestStumblingDevice(t *testing.T) {
	pack, man := memory(t, "deep", quant.Q4)
	all := load(t, "deep", quant.Q4, mixtral.Options{Context: 64})
	want := mixtraltest.Run(t, all, 8)
	for _, slots := range []int64{8, 14, 30, 48} {
		for _, op := range []string{"write", "submit", "read", "program"} {
			for n := 1; n < 150; n += 13 {
				dev := &stumbling{Device: ref.New()}
				m, err := mixtral.Load(t.Context(), dev, pack.Source(dev.Device), man, // loads go past the failing Write
					mixtral.Options{Context: 64, Lazy: true, ExpertBudget: slots * all.ExpertLayout().Shape.Bytes})
				if err != nil {
					t.Fatal(err)
				}
				dev.op, dev.left = op, n
				err = attempt(t.Context(), m)
				if dev.op = ""; err != nil && !errors.Is(err, errOnce) {
					t.Error(err)
				}
				m.Drain(t.Context())
				if got := mixtraltest.Run(t, m, 8); !got.Equal(want) {
					t.Errorf("%d slots: other bits after %s %d failed", slots, op, n)
				}
				m.Close()
				if err == nil {
					break
				}
			}
		}
	}
}

// After an attempt that was cancelled while an expert was on its way, with steps queued
// behind the one that waits, the next is right, and nothing is left on the device.
func TestCancelledLoad(t *testing.T) {
	pack, man := memory(t, "deep", quant.Q4)
	all := load(t, "deep", quant.Q4, mixtral.Options{Context: 64})
	want := mixtraltest.Run(t, all, 8)
	for _, slots := range []int64{8, 14, 30} {
		for n := 1; n < 200; n = n*2 + 1 {
			dev := ref.New()
			source := &flaky{pack.Source(dev), func(weights.Part) error { return nil }}
			m, err := mixtral.Load(t.Context(), dev, source, man, mixtral.Options{Context: 64, ExpertBudget: slots * all.ExpertLayout().Shape.Bytes})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var loads atomic.Int64
			source.fail = func(weights.Part) error {
				if loads.Add(1) == int64(n) {
					cancel()
				}
				return ctx.Err()
			}
			if err := attempt(ctx, m); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			cancel()
			source.fail = func(weights.Part) error { return nil }
			m.Drain(t.Context())
			if got := mixtraltest.Run(t, m, 8); !got.Equal(want) {
				t.Errorf("%d slots: other bits after a cancelled load %d", slots, n)
			}
			m.Close()
			if left := dev.Counters().BytesHeld; left != 0 {
				t.Errorf("%d bytes are held after Close", left)
			}
		}
	}
}

// Where the adapter binds little at once, slots lie in two banks, and there are no more
// than these hold. A budget that asks for more gets what can be bound.
func TestSmallBindings(t *testing.T) {
	pack, man := mixtraltest.Deep(t, quant.Q4, 512)
	tuning := kernel.TuningFor(ref.New().Info())
	tuning.Chunk = 8
	open := func(binding int, budget int64) *mixtral.Model {
		limits := ref.New().Info().Limits
		limits.MaxStorageBufferBindingSize = binding
		dev := ref.NewWithLimits(limits)
		m, err := mixtral.Load(t.Context(), dev, pack.Source(dev), man, mixtral.Options{Context: 64, Tuning: tuning, ExpertBudget: budget})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Close)
		return m
	}
	all := open(1<<30, 0)
	want := mixtraltest.Run(t, all, 8)
	matrix := int(all.ExpertLayout().Shape.Bytes / 3)
	for _, bound := range []int{2, 3, 4} { // matrices to a binding
		m := open(bound*matrix+matrix/2, 0)
		if got := len(m.ExpertLayout().PerLayer); got != 6 || m.ExpertLayout().PerLayer[0] != 2*bound {
			t.Errorf("%d matrices to a binding: %+v", bound, m.ExpertLayout())
		}
		if got := mixtraltest.Run(t, m, 8); !got.Equal(want) {
			t.Errorf("%d matrices to a binding: other bits", bound)
		}
		if err := m.SetExpertBudget(t.Context(), all.ExpertLayout().Bytes()); err != nil {
			t.Error(err)
		}
		if got := mixtraltest.Run(t, m, 8); !got.Equal(want) {
			t.Errorf("%d matrices to a binding, all asked for: other bits", bound)
		}
	}
}

// A first decoding step that was cancelled leaves nothing behind.
func TestCancelledDecode(t *testing.T) {
	m := load(t, "deep", quant.Q4, mixtral.Options{Context: 64})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Decode(ctx, 1); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	mixtraltest.Run(t, m, 8)
}
