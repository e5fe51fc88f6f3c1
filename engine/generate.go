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
	return e.GenerateDrafting(ctx, prompt, nil, cfg, &Drafts{})
}

// GenerateDrafting is Generate with prompt lookup, for an answer of which the first tokens,
// begun, are there. Sampling counts them: it goes on as if it had chosen them itself.
func (e *Engine) GenerateDrafting(ctx context.Context, prompt, begun []int32, cfg sample.Config, drafts *Drafts) iter.Seq2[int32, error] {
	return func(yield func(int32, error) bool) {
		if err := e.generate(ctx, prompt, begun, cfg, drafts, yield); err != nil {
			yield(0, err)
		}
	}
}

func (e *Engine) generate(ctx context.Context, prompt, begun []int32, cfg sample.Config, drafts *Drafts, yield func(int32, error) bool) error {
	if n := len(prompt) + len(begun); n > e.Context() {
		return fmt.Errorf("%w: the prompt has %d tokens, and the model keeps %d: shorten the conversation", ErrContextFull, n, e.Context())
	}
	e.begin()
	defer e.end()
	answer := slices.Clone(begun)
	next := func(id int32) bool {
		e.opened = time.Time{}
		answer = append(answer, id)
		return yield(id, nil)
	}
	for {
		err := e.lost
		if err == nil {
			err = e.sample(ctx, prompt, answer, cfg, drafts, next)
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
func (e *Engine) sample(ctx context.Context, prompt, answer []int32, cfg sample.Config, drafts *Drafts, next func(int32) bool) error {
	m := e.model
	text := slices.Concat(prompt, answer)
	reused := m.Cache().Reuse(text)
	if err := e.prepareDrafts(ctx, cfg, drafts); err != nil {
		return err
	}
	if err := m.Begin(cfg, answer...); err != nil {
		return err
	}
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
	for step := begun; step < end; {
		if len(flying) == 0 {
			e.changeBudget()
		}
		var tokens []int32
		draft := e.draft(text, drafts, end-1-step)
		if step > begun && len(draft) > 0 && len(flying) == 0 {
			tokens, err = m.DecodeDraft(ctx, step, draft)
			drafts.Drafted += len(draft)
			drafts.Accepted += max(0, len(tokens)-1)
		} else {
			// What is under way comes in first: before a draft, a token of the host's, or
			// another budget.
			hold := len(draft) > 0 || cfg.OnHost() || e.budgetChanges()
			tokens, err = e.step(ctx, &flying, step, begun, end, hold)
		}
		if err != nil {
			return err
		}
		for _, token := range tokens {
			if step > begun {
				m.Accept(text[len(text)-1]) // this step has written its keys and values
			}
			text = append(text, token)
			step++
			if !next(token) {
				return nil
			}
		}
	}
	return nil
}

// step waits for the next token, after it has queued some behind it, unless it is to hold.
func (e *Engine) step(ctx context.Context, flying *[]*mixtral.Step, step, begun, end int, hold bool) ([]int32, error) {
	ahead := e.ahead
	if hold {
		ahead = 0
	}
	// The first token goes out before anything waits for the kernels of decoding.
	for queued := step + len(*flying); step > begun && queued < end && len(*flying) <= ahead; queued++ {
		s, err := e.model.Decode(ctx, queued)
		if err != nil {
			return nil, err
		}
		*flying = append(*flying, s)
	}
	token, err := (*flying)[0].Wait(ctx)
	*flying = (*flying)[1:]
	return []int32{token}, err
}

// prepareDrafts finds out whether there can be drafts.
func (e *Engine) prepareDrafts(ctx context.Context, cfg sample.Config, d *Drafts) (err error) {
	switch {
	case d.Length == 0:
	case d.Length < 0 || d.Length > mixtral.MaxDraft:
		return fmt.Errorf("a draft of prompt lookup has 1 to %d tokens, not %d", mixtral.MaxDraft, d.Length)
	case cfg.OnHost():
		d.Off = "a bias or a mask has tokens sampled on the host"
	default:
		d.Off, err = e.model.PrepareDrafts(ctx)
	}
	return err
}

// drafting says whether drafts are wanted and possible.
func (e *Engine) drafting(d *Drafts) bool {
	if d.Length == 0 || d.Off != "" {
		return false
	}
	if !e.model.CanDraft() {
		d.Off = "not all experts are on the device any more"
	}
	return d.Off == ""
}

// draft is what may follow the text, and fits the context.
func (e *Engine) draft(text []int32, d *Drafts, room int) []int32 {
	if !e.drafting(d) {
		return nil
	}
	return lookup(text, min(d.Length, room))
}

// Forget empties the KV cache, so that the next prompt runs whole.
func (e *Engine) Forget() { e.model.Cache().Truncate(0) }
