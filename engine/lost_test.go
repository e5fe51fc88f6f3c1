package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"mixtab/demo"
	"mixtab/engine"
	"mixtab/engine/experts"
	"mixtab/engine/gpu"
	"mixtab/engine/ref"
	"mixtab/engine/sample"
	"mixtab/engine/weights"
	"mixtab/packdir"
)

// fragile is a device that is lost at one of its submits.
type fragile struct {
	*ref.Device
	left int // submits until it is lost; negative: for ever
}

var errGone = fmt.Errorf("%w: as the test wants it", gpu.ErrDeviceLost)

func (d *fragile) Submit(programs ...gpu.Program) error {
	if d.left == 0 {
		return errGone
	}
	d.left--
	return d.Device.Submit(programs...)
}

func (d *fragile) SubmitRead(b gpu.Buffer, offset, n int, programs ...gpu.Program) (gpu.Readback, error) {
	if d.left == 0 {
		return nil, errGone
	}
	if len(programs) > 0 {
		d.left--
	}
	return d.Device.SubmitRead(b, offset, n, programs...)
}

func (d *fragile) StartRead(b gpu.Buffer, offset, n int) (gpu.Readback, error) {
	if d.left == 0 {
		return nil, errGone
	}
	return d.Device.StartRead(b, offset, n)
}

func (d *fragile) Write(b gpu.Buffer, offset int, data []byte) error {
	if d.left == 0 {
		return errGone
	}
	return d.Device.Write(b, offset, data)
}

// openFragile opens the demo model on a device that is lost after so many submits, and
// then on others.
func openFragile(t *testing.T, cfg engine.Config, lives ...int) (*engine.Engine, *int) {
	t.Helper()
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	open := func() (gpu.Device, weights.Source) {
		left := -1
		if opened < len(lives) {
			left = lives[opened]
		}
		opened++
		dev := &fragile{ref.New(), left}
		return dev, pack.Source(dev)
	}
	cfg.Reopen = func(context.Context) (gpu.Device, weights.Source, error) {
		dev, src := open()
		return dev, src, nil
	}
	dev, src := open()
	e, err := engine.Open(t.Context(), dev, src, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e, &opened
}

// A sentence goes on where the device was lost, in prefill or in decoding.
func TestDeviceLost(t *testing.T) {
	req := engine.Request{Sampling: sample.Config{Temperature: 0.8, FrequencyPenalty: 0.5, Seed: 3}}
	msgs := user("What is your favourite condiment?")
	want, _ := ask(t, openDemo(t, engine.Config{}), msgs, req)
	for _, lives := range [][]int{{1}, {3}, {9}, {20}, {20, 30, 40}, {60}, {20, 0}} {
		e, opened := openFragile(t, engine.Config{}, lives...)
		got, res := ask(t, e, msgs, req)
		if got != want || res.Finish != engine.FinishStop {
			t.Errorf("lost after %v submits: %q (%s), want %q", lives, got, res.Finish, want)
		}
		if *opened != len(lives)+1 {
			t.Errorf("lost after %v submits: opened %d times", lives, *opened)
		}
		if again, _ := ask(t, e, msgs, req); again != want {
			t.Errorf("lost after %v submits, the next answer: %q", lives, again)
		}
	}
}

// A device that cannot hold a budget is asked for less.
func TestDeviceLostAgain(t *testing.T) {
	e, _ := openFragile(t, engine.Config{}, 3, 2, 1)
	all := e.ExpertStats().Slots
	if _, res := ask(t, e, user("Hello"), engine.Request{}); res.Finish != engine.FinishStop {
		t.Errorf("got %+v", res)
	}
	if s := e.ExpertStats(); s.Slots != all/4 {
		t.Errorf("%d slots of %d after the device was lost twice without a token, want a quarter", s.Slots, all)
	}

	e, _ = openFragile(t, engine.Config{}, 3, 2, 1, 0, 0, 0)
	_, err := e.Chat(t.Context(), user("Hello"), engine.Request{}, func(engine.Delta) {})
	if !errors.Is(err, gpu.ErrDeviceLost) || !strings.Contains(err.Error(), "with the fewest experts") {
		t.Errorf("always lost: %v", err)
	}
}

// While no device can be had, requests fail; then they work again.
func TestNoOtherDevice(t *testing.T) {
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	busy := true
	cfg := engine.Config{Reopen: func(context.Context) (gpu.Device, weights.Source, error) {
		if busy {
			return nil, nil, gpu.ErrNoWebGPU
		}
		dev := ref.New()
		return dev, pack.Source(dev), nil
	}}
	dev := &fragile{ref.New(), 5}
	e, err := engine.Open(t.Context(), dev, pack.Source(dev), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { e.Close() }()
	for range 2 {
		if _, err := e.Chat(t.Context(), user("Hello"), engine.Request{}, func(engine.Delta) {}); !errors.Is(err, gpu.ErrNoWebGPU) {
			t.Errorf("got %v", err)
		}
	}
	busy = false
	if _, res := ask(t, e, user("Hello"), engine.Request{}); res.Finish != engine.FinishStop {
		t.Errorf("got %+v", res)
	}
}

// failing is a source that has nothing.
type failing struct {
	weights.Source
	err error
}

func (f failing) Load(context.Context, weights.Part, gpu.Buffer, int) error { return f.err }

// reopening opens the demo on a device that is lost after some submits; the sources of the
// devices behind it fail with errs, one after the other, and then work.
func reopening(t *testing.T, errs ...error) (*engine.Engine, *fragile) {
	t.Helper()
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	cfg := engine.Config{Reopen: func(context.Context) (gpu.Device, weights.Source, error) {
		dev := ref.New()
		src := pack.Source(dev)
		if len(errs) > 0 {
			src = failing{src, errs[0]}
			errs = errs[1:]
		}
		return dev, src, nil
	}}
	dev := &fragile{ref.New(), 5}
	e, err := engine.Open(t.Context(), dev, pack.Source(dev), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e, dev
}

// What keeps the model from being restored, a network or a Stop, does not cost it slots.
func TestRestoreFails(t *testing.T) {
	network := errors.New("network")
	e, _ := reopening(t, network, network, network)
	all := e.ExpertStats().Slots
	for range 3 {
		if _, err := e.Chat(t.Context(), user("Hello"), engine.Request{}, func(engine.Delta) {}); !errors.Is(err, network) {
			t.Errorf("got %v", err)
		}
	}
	if _, res := ask(t, e, user("Hello"), engine.Request{}); res.Finish != engine.FinishStop {
		t.Errorf("got %+v", res)
	}
	if s := e.ExpertStats(); s.Slots != all {
		t.Errorf("%d slots of %d", s.Slots, all)
	}
}

// Between two requests, the device is restored at once; after a request that was stopped
// while it did that, too; and after one that has done it, nothing is left to do.
func TestRestore(t *testing.T) {
	for _, errs := range [][]error{nil, {context.Canceled}} {
		e, dev := reopening(t, errs...)
		dev.left = 0
		for range errs {
			if _, err := e.Chat(t.Context(), user("Hello"), engine.Request{}, func(engine.Delta) {}); err == nil {
				t.Error("a model that was not restored answers")
			}
		}
		if err := e.Restore(t.Context(), dev, errGone); err != nil {
			t.Error(err)
		}
		half := e.ExpertStats().BudgetBytes / 2
		if err := e.SetExpertBudget(t.Context(), half); err != nil {
			t.Error(err)
		}
		if err := e.Restore(t.Context(), dev, errGone); err != nil {
			t.Error(err)
		}
		if s := e.ExpertStats(); s.BudgetBytes != half {
			t.Errorf("restored twice: %+v", s)
		}
		if _, res := ask(t, e, user("Hello"), engine.Request{}); res.Finish != engine.FinishStop {
			t.Errorf("got %+v", res)
		}
	}
}

// A budget that is asked for while there is no device is the next one's.
func TestBudgetWhileLost(t *testing.T) {
	busy := errors.New("busy")
	e, _ := reopening(t, busy)
	half := e.ExpertStats().BudgetBytes / 2
	if _, err := e.Chat(t.Context(), user("Hello"), engine.Request{}, func(engine.Delta) {}); !errors.Is(err, busy) {
		t.Errorf("got %v", err)
	}
	if err := e.SetExpertBudget(t.Context(), half); err != nil {
		t.Error(err)
	}
	if err := e.SetExpertBudget(t.Context(), 1); !errors.Is(err, experts.ErrBudget) {
		t.Errorf("a budget of one byte: %v", err)
	}
	if _, res := ask(t, e, user("Hello"), engine.Request{}); res.Finish != engine.FinishStop {
		t.Errorf("got %+v", res)
	}
	if s := e.ExpertStats(); s.BudgetBytes != half {
		t.Errorf("budget %d, want %d", s.BudgetBytes, half)
	}
}

// A device that is lost while experts come.
func TestLostWithBudget(t *testing.T) {
	msgs := user("What is your favourite condiment?")
	whole := openDemo(t, engine.Config{})
	want, _ := ask(t, whole, msgs, engine.Request{})
	budget := whole.ExpertStats().BudgetBytes
	for i, lost := range []int{2, 5, 11, 23, 47} {
		part := int64(2 + 2*(i%2))
		e, _ := openFragile(t, engine.Config{ExpertBudget: budget / part}, lost)
		if got, _ := ask(t, e, msgs, engine.Request{}); got != want {
			t.Errorf("1/%d, lost after %d submits: %q", part, lost, got)
		}
		if s := e.ExpertStats(); s.BudgetBytes != budget/part {
			t.Errorf("1/%d, lost after %d submits: %+v", part, lost, s)
		}
	}
}

// A Stop in the middle of a change of the budget harms nothing.
func TestStopInBudgetChange(t *testing.T) {
	e := openDemo(t, engine.Config{})
	half := e.ExpertStats().BudgetBytes / 2
	ctx, cancel := context.WithCancel(t.Context())
	changed := make(chan error, 1)
	_, err := e.Chat(ctx, user("What is your favourite condiment?"), engine.Request{}, func(d engine.Delta) {
		if d.Tokens == 3 {
			go func() { changed <- e.SetExpertBudget(context.Background(), half) }()
			time.Sleep(20 * time.Millisecond)
			cancel()
		}
	})
	if err := errors.Join(err, <-changed); err != nil {
		t.Error(err)
	}
	if _, res := ask(t, e, user("Hello"), engine.Request{}); res.Finish != engine.FinishStop {
		t.Errorf("got %+v", res)
	}
	if s := e.ExpertStats(); s.BudgetBytes != half {
		t.Errorf("budget %d, want %d", s.BudgetBytes, half)
	}
}
