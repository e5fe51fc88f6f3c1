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
		for token, err := range e.Tokens(ctx, Generation{Prompt: prompt, Sampling: cfg}) {
			if !yield(token.ID, err) {
				return
			}
		}
	}
}

// A Generation is all that Tokens can be asked for.
type Generation struct {
	Prompt   []int32
	Begun    []int32 // the answer's first tokens, which sampling counts as if it had chosen them
	Sampling sample.Config
	Drafts   *Drafts       // of prompt lookup; nil: none
	Watch    mixtral.Watch // of the tokens behind Begun, which its Routing numbers from 0
}

// A Token is one that was generated.
type Token struct {
	ID     int32
	Logits []float32 // as mixtral.Step's
}

// Tokens is Generate with all its possibilities.
func (e *Engine) Tokens(ctx context.Context, g Generation) iter.Seq2[Token, error] {
	if g.Drafts == nil {
		g.Drafts = &Drafts{}
	}
	if tell := g.Watch.Routing; tell != nil {
		g.Watch.Routing = func(r mixtral.Routing) {
			r.Number -= len(g.Begun)
			tell(r)
		}
	}
	return func(yield func(Token, error) bool) {
		if err := e.generate(ctx, g, yield); err != nil {
			yield(Token{}, err)
		}
	}
}

func (e *Engine) generate(ctx context.Context, g Generation, yield func(Token, error) bool) error {
	if n := len(g.Prompt) + len(g.Begun); n > e.Context() {
		return fmt.Errorf("%w: the prompt has %d tokens, and the model keeps %d: shorten the conversation", ErrContextFull, n, e.Context())
	}
	e.begin()
	defer e.end()
	answer := slices.Clone(g.Begun)
	next := func(token Token) bool {
		e.opened = time.Time{}
		answer = append(answer, token.ID)
		return yield(token, nil)
	}
	for {
		err := e.lost
		if err == nil {
			err = e.sample(ctx, g, answer, next)
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
func (e *Engine) sample(ctx context.Context, g Generation, answer []int32, next func(Token) bool) error {
	m, prompt, drafts := e.model, g.Prompt, g.Drafts
	text := slices.Concat(prompt, answer)
	reused := m.Cache().Reuse(text)
	m.Watch(g.Watch)
	if err := e.prepareDrafts(ctx, g.Sampling, drafts); err != nil {
		return err
	}
	if err := m.Begin(g.Sampling, answer...); err != nil {
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
		var tokens []Token
		draft := e.draft(text, drafts, end-1-step)
		if step > begun && len(draft) > 0 && len(flying) == 0 {
			var ids []int32
			ids, err = m.DecodeDraft(ctx, step, draft)
			for _, id := range ids {
				tokens = append(tokens, Token{ID: id})
			}
			drafts.Drafted += len(draft)
			drafts.Accepted += max(0, len(tokens)-1)
		} else {
			// What is under way comes in first: before a draft, a token of the host's, or
			// another budget.
			hold := len(draft) > 0 || g.Sampling.OnHost() || e.budgetChanges()
			tokens, err = e.step(ctx, &flying, step, begun, end, hold)
		}
		if err != nil {
			return err
		}
		for _, token := range tokens {
			if step > begun {
				m.Accept(text[len(text)-1]) // this step has written its keys and values
			}
			text = append(text, token.ID)
			step++
			if !next(token) {
				return nil
			}
		}
	}
	return nil
}

// step waits for the next token, after it has queued some behind it, unless it is to hold.
func (e *Engine) step(ctx context.Context, flying *[]*mixtral.Step, step, begun, end int, hold bool) ([]Token, error) {
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
	s := (*flying)[0]
	*flying = (*flying)[1:]
	id, err := s.Wait(ctx)
	return []Token{{ID: id, Logits: s.Logits}}, err
}

// prepareDrafts finds out whether there can be drafts.
func (e *Engine) prepareDrafts(ctx context.Context, cfg sample.Config, d *Drafts) (err error) {
	switch {
	case d.Length == 0:
	case d.Length < 0 || d.Length > mixtral.MaxDraft:
		return fmt.Errorf("a draft of prompt lookup has 1 to %d tokens, not %d", mixtral.MaxDraft, d.Length)
	case cfg.OnHost():
		d.Off = "a bias, or a format that the answer keeps to, has tokens sampled on the host"
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
