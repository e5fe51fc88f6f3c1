package engine

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"

	"mixtab/engine/gpu"
	"mixtab/engine/sample"
)

// Reused is how many of a prompt's tokens are in the KV cache from earlier.
func (e *Engine) Reused(prompt []int32) int { return e.model.Cache().Common(prompt) }

// Generate runs a prompt and yields the tokens that follow, one by one, until the
// consumer stops, the context is full (then the sequence just ends) or an error comes.
// It does not look at end tokens: Answer does.
//
// The longest prefix of the prompt that the KV cache still holds is not run again.
// Tokens are sampled on the device; the host only collects them, some steps behind.
func (e *Engine) Generate(ctx context.Context, prompt []int32, cfg sample.Config) iter.Seq2[int32, error] {
	return func(yield func(int32, error) bool) {
		if err := e.generate(ctx, prompt, cfg, yield); err != nil {
			yield(0, err)
		}
	}
}

func (e *Engine) generate(ctx context.Context, prompt []int32, cfg sample.Config, yield func(int32, error) bool) (err error) {
	m := e.model
	if len(prompt) > m.Context {
		return fmt.Errorf("%w: the prompt has %d tokens, and the model keeps %d: shorten the conversation", ErrContextFull, len(prompt), m.Context)
	}
	if err := m.Begin(cfg); err != nil {
		return err
	}
	reused := m.Cache().Reuse(prompt)
	if err := m.Prefill(ctx, prompt[reused:]); err != nil {
		return err
	}
	first, err := m.SampleFirst()
	if err != nil {
		return err
	}
	// Step s samples the token that will be at position len(prompt)+s, and for that
	// runs the one before it: the last step fills the last position.
	steps := m.Context - len(prompt) + 1
	flying := []gpu.Readback{first}
	defer func() {
		// What was queued ahead runs to its end before the next request is queued behind
		// it; its tokens are nobody's.
		for _, r := range flying {
			r.Wait(context.WithoutCancel(ctx), make([]byte, 4))
		}
	}()
	var last int32
	for step := range steps {
		// The first token goes out before anything waits for the kernels of decoding.
		for queued := step + len(flying); step > 0 && queued < steps && len(flying) <= e.ahead; queued++ {
			next, err := m.Decode(ctx, queued)
			if err != nil {
				return err
			}
			flying = append(flying, next)
		}
		var word [4]byte
		r := flying[0]
		flying = flying[1:]
		if err := r.Wait(ctx, word[:]); err != nil {
			return err
		}
		if step > 0 {
			m.Accept(last) // this step has written its keys and values
		}
		last = int32(binary.LittleEndian.Uint32(word[:]))
		if !yield(last, nil) {
			return nil
		}
	}
	return nil
}

// Forget empties the KV cache, so that the next prompt runs whole.
func (e *Engine) Forget() { e.model.Cache().Truncate(0) }
