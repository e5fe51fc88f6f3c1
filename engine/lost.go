package engine

import (
	"context"
	"errors"
	"fmt"

	"mixtab/engine/experts"
	"mixtab/engine/gpu"
)

// Restore loads the pack onto another device after dev was lost, between two requests. It
// does nothing if dev is the engine's no more: then a request has done it.
func (e *Engine) Restore(ctx context.Context, dev gpu.Device, cause error) (err error) {
	defer recovered(&err)
	if e.dev != dev {
		return nil
	}
	e.begin()
	defer e.end(ctx)
	return e.rebuild(ctx, cause)
}

// rebuild loads the pack onto another device after the engine's was lost. What was on it,
// the KV cache too, is gone: the caller runs the text again.
//
// A device that is lost again before a token came may have been asked for too much: then
// it gets half the slots for experts, down to the least that works.
func (e *Engine) rebuild(ctx context.Context, cause error) error {
	if e.cfg.Reopen == nil {
		return cause
	}
	e.lost = cause
	e.cfg.Context = e.model.Context
	for {
		if err := e.askForLess(); err != nil {
			return err
		}
		e.model.Close()
		dev, src, err := e.cfg.Reopen(ctx)
		if err != nil {
			return err
		}
		e.dev, e.rebuilt = dev, true
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
	if !e.rebuilt {
		return nil
	}
	shape, budget := e.model.ExpertLayout().Shape, e.cfg.ExpertBudget
	if all := shape.Bytes * int64(shape.Layers*shape.Experts); budget == 0 || budget > all {
		budget = all
	}
	if _, err := experts.NewLayout(shape, budget/2); err != nil {
		return fmt.Errorf("%w, again, with the fewest experts on it: close other programs that use the GPU", e.lost)
	}
	e.cfg.ExpertBudget = budget / 2
	return nil
}
