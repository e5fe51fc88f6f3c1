package engine

import (
	"context"
	"errors"
	"time"

	"mixtab/engine/experts"
	"mixtab/engine/gpu"
)

// ExpertStats tell what the expert budget is and what it costs. Totals count from Open, as
// long as not all experts are on the device: then nothing is counted, and nothing waits.
type ExpertStats struct {
	BudgetBytes int64         // what the slots take on the device
	Slots       int           // experts that fit, over all layers
	Resident    bool          // all of them
	SharedPool  bool          // one pool of slots serves all layers: few, and slower
	Uses        uint64        // experts that tokens, or chunks of a prompt, asked for
	Loads       uint64        // of them, those that had to be loaded; the hit rate is 1 - Loads/Uses
	LoadedBytes uint64        // moved to the device by these loads
	Wait        time.Duration // until they had come
}

// ExpertStats are those of the open pack.
func (e *Engine) ExpertStats() ExpertStats {
	layout, s := e.model.ExpertLayout(), e.earlier
	if e.lost == nil {
		s = s.Plus(e.model.SlotStats())
	}
	return ExpertStats{
		BudgetBytes: layout.Bytes(), Slots: layout.Slots(), Resident: layout.Resident(), SharedPool: layout.PerLayer == nil,
		Uses: s.Uses, Loads: s.Loads, LoadedBytes: s.LoadedBytes, Wait: s.Wait,
	}
}

// A budgetChange is asked for while an answer runs, and made between two of its tokens.
type budgetChange struct {
	ctx   context.Context // of who asked: a change that nobody waits for is not made
	bytes int64
	done  chan error // room for one
}

// SetExpertBudget changes the expert budget, also from another goroutine while an answer
// runs; experts are then loaded again as tokens want them. A budget that is too small is
// refused and changes nothing.
func (e *Engine) SetExpertBudget(ctx context.Context, bytes int64) error {
	change := budgetChange{ctx, bytes, make(chan error, 1)}
	e.mu.Lock()
	if !e.generating {
		defer e.mu.Unlock()
		return e.setBudget(change)
	}
	e.changes = append(e.changes, change)
	e.mu.Unlock()
	select {
	case err := <-change.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// changeBudget makes the changes that were asked for. No pass may be under way.
func (e *Engine) changeBudget() {
	e.mu.Lock()
	changes := e.changes
	e.changes = nil
	e.mu.Unlock()
	for _, c := range changes {
		c.done <- e.setBudget(c)
	}
}

func (e *Engine) setBudget(c budgetChange) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	shape, _ := sizes(e.Manifest)
	if _, err := experts.NewLayout(shape, c.bytes); err != nil {
		return err
	}
	var err error
	if e.lost == nil {
		err = e.model.SetExpertBudget(c.ctx, c.bytes)
	}
	if err == nil || errors.Is(err, gpu.ErrDeviceLost) { // then the next device gets it
		e.cfg.ExpertBudget = c.bytes
		return nil
	}
	return err
}

// budgetChanges says whether changes were asked for.
func (e *Engine) budgetChanges() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.changes) > 0
}

// begin and end enclose the generation of an answer.
func (e *Engine) begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.generating = true
}

func (e *Engine) end() {
	for {
		e.mu.Lock()
		if len(e.changes) == 0 {
			e.generating = false
			e.mu.Unlock()
			return
		}
		e.mu.Unlock()
		e.changeBudget()
	}
}
