package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/mixtral"
	"mixtab/engine/sample"
)

// Reused is how many of a prompt's tokens are in the KV cache from earlier.
func (e *Engine) Reused(prompt []int32) int { return e.model.Cache().Common(prompt) }

// Generate runs a prompt and yields the tokens that follow, one by one, until the
// consumer stops, the context is full (then the sequence just ends) or an error comes.
// It does not look at end tokens: Answer does.
//
// The longest prefix of the prompt that the KV cache still holds is not run again.
// Tokens are sampled on the device, unless the config needs the host; the host only collects
// them, some steps behind.
func (e *Engine) Generate(ctx context.Context, prompt []int32, cfg sample.Config) iter.Seq2[int32, error] {
	return func(yield func(int32, error) bool) {
		if err := e.generate(ctx, prompt, cfg, yield); err != nil {
			yield(0, err)
		}
	}
}

func (e *Engine) generate(ctx context.Context, prompt []int32, cfg sample.Config, yield func(int32, error) bool) error {
	if len(prompt) > e.Context() {
		return fmt.Errorf("%w: the prompt has %d tokens, and the model keeps %d: shorten the conversation", ErrContextFull, len(prompt), e.Context())
	}
	e.begin()
	defer e.end()
	var answer []int32
	next := func(id int32) bool {
		e.opened = time.Time{}
		answer = append(answer, id)
		return yield(id, nil)
	}
	for {
		err := e.lost
		if err == nil {
			err = e.sample(ctx, prompt, answer, cfg, next)
		}
		if !errors.Is(err, gpu.ErrDeviceLost) {
			return err
		}
		if err := e.rebuild(ctx, err); err != nil {
			return err
		}
	}
}

// sample generates what follows the prompt and the answer so far.
func (e *Engine) sample(ctx context.Context, prompt, answer []int32, cfg sample.Config, next func(int32) bool) error {
	m := e.model
	if err := m.Begin(cfg, answer...); err != nil {
		return err
	}
	text := slices.Concat(prompt, answer)
	reused := m.Cache().Reuse(text)
	if err := m.Prefill(ctx, text[reused:]); err != nil {
		return err
	}
	first, err := m.SampleFirst()
	if err != nil {
		return err
	}
	// Step s samples the token that will be at position len(prompt)+s, and for that
	// runs the one before it: the last step fills the last position.
	begun, end := len(answer), m.Context-len(prompt)+1
	flying := []*mixtral.Step{first}
	defer func() {
		// What was queued ahead runs to its end before the next request is queued behind
		// it; its tokens are nobody's.
		m.Drain(context.WithoutCancel(ctx))
	}()
	var last int32
	for step := begun; step < end; step++ {
		if len(flying) == 0 {
			e.changeBudget()
		}
		ahead := e.ahead
		if e.budgetChanges() || cfg.OnHost() {
			ahead = 0 // let what is under way come in first
		}
		// The first token goes out before anything waits for the kernels of decoding.
		for queued := step + len(flying); step > begun && queued < end && len(flying) <= ahead; queued++ {
			s, err := m.Decode(ctx, queued)
			if err != nil {
				return err
			}
			flying = append(flying, s)
		}
		token, err := flying[0].Wait(ctx)
		if err != nil {
			return err
		}
		flying = flying[1:]
		if step > begun {
			m.Accept(last) // this step has written its keys and values
		}
		last = token
		if !next(token) {
			return nil
		}
	}
	return nil
}

// Forget empties the KV cache, so that the next prompt runs whole.
func (e *Engine) Forget() { e.model.Cache().Truncate(0) }
