package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mixtab/engine/experts"
	"mixtab/engine/gpu"
)

// Restore loads the pack onto another device after dev was lost, between two requests. It
// does nothing if a request has done it.
func (e *Engine) Restore(ctx context.Context, dev gpu.Device, cause error) (err error) {
	defer recovered(&err)
	if e.dev != dev && e.lost == nil {
		return nil
	}
	e.begin()
	defer e.end()
	return e.rebuild(ctx, cause)
}

// soon is how shortly after it was opened a device is lost for being asked for too much.
const soon = time.Minute

// rebuild loads the pack onto another device after the engine's was lost. What was on it,
// the KV cache too, is gone: the caller runs the text again.
//
// A device that is lost soon, before a token came, may have been asked for too much: then
// the next gets half the slots for experts, down to the least that works.
func (e *Engine) rebuild(ctx context.Context, cause error) (err error) {
	if e.cfg.Reopen == nil {
		return cause
	}
	if e.lost == nil && e.model != nil {
		e.cfg.Context = e.model.Context
		e.earlier = e.earlier.Plus(e.model.SlotStats())
		e.model.Close()
	}
	e.lost = cause
	defer func() {
		if err != nil {
			e.opened = time.Time{} // what the next attempt fails of has nothing to do with it
		}
	}()
	for {
		if err := e.askForLess(); err != nil {
			return err
		}
		dev, src, err := e.cfg.Reopen(ctx)
		if err != nil {
			return err
		}
		e.dev, e.opened = dev, time.Now()
		model, err := e.load(ctx, src)
		if errors.Is(err, gpu.ErrDeviceLost) {
			continue
		}
		if err != nil {
			return err
		}
		e.model, e.lost = model, nil
		return nil
	}
}

// askForLess halves the budget if the device was lost for it.
func (e *Engine) askForLess() error {
	if time.Since(e.opened) > soon {
		return nil
	}
	shape, _ := sizes(e.Manifest)
	had := shape.Bytes * int64(shape.Layers*shape.Experts)
	if e.cfg.ExpertBudget > 0 {
		had = min(had, e.cfg.ExpertBudget)
	}
	if e.model != nil {
		had = min(had, e.model.ExpertLayout().Bytes())
	}
	if _, err := experts.NewLayout(shape, had/2); err != nil {
		return fmt.Errorf("%w, again, with the fewest experts on it: close other programs that use the GPU", e.lost)
	}
	e.cfg.ExpertBudget = had / 2
	return nil
}
