// Package sample says how the next token is chosen from its logits. The choosing itself
// is a kernel, shaders/sample.wgsl; Pick is the same on the host, for what the kernel does
// not serve, and for engine/ref.
package sample

import (
	"fmt"
	"math"
)

// Config holds the parameters of sampling. They apply in the order of the fields: bias,
// mask, penalties, temperature, top-k, top-p, min-p.
//
// Penalties count the tokens of the answer, not those of the prompt: for frequency and
// presence that is OpenAI's rule; Hugging Face and vLLM let the repetition penalty see the
// prompt too, so theirs is the stronger one at the same number.
//
// With a bias or a mask tokens are sampled on the host, which costs a readback of the
// logits for each and leaves nothing to run ahead.
//
// The zero value is greedy. The same Config gives the same tokens for the same logits
// on every device, except where its random number falls within rounding (1e-5) of the
// boundary between two tokens.
type Config struct {
	LogitBias map[int32]float32 // added to the logits of these tokens; -100 to 100
	Mask      Mask              // lets tokens through; nil: all of them

	RepetitionPenalty float64 // divides positive logits of tokens that were generated, and multiplies negative ones; 0 and 1 do nothing; up to 2
	FrequencyPenalty  float64 // taken off a logit for each time its token was generated; -2 to 2
	PresencePenalty   float64 // taken off once if its token was generated at all; -2 to 2
	Temperature       float64 // divides the logits; 0 is greedy; 0 to 100
	TopK              int     // keep the k largest; 0 keeps all
	TopP              float64 // keep the fewest tokens that make up this probability; 0 and 1 keep all
	MinP              float64 // keep tokens at least this likely, relative to the likeliest; 0 keeps all
	Seed              uint64
}

// A Mask says which tokens may follow an answer so far, as a grammar does: token id if bit
// id%32 of word id/32 is set. It is asked while the device computes the logits. An error ends
// the answer.
type Mask func(answer []int32) ([]uint32, error)

// banned is the logit of a token that a Mask does not let through.
var banned = float32(math.Inf(-1))

// OnHost says whether the config needs what only the host can do.
func (c Config) OnHost() bool { return len(c.LogitBias) > 0 || c.Mask != nil }

// Validate says which parameter is out of its range, for a vocabulary of so many tokens.
func (c Config) Validate(vocab int) error {
	for id, bias := range c.LogitBias {
		if id < 0 || int(id) >= vocab {
			return fmt.Errorf("sample: logit_bias names token %d; there are tokens 0 to %d", id, vocab-1)
		}
		if !(bias >= -100 && bias <= 100) {
			return fmt.Errorf("sample: logit_bias of token %d is %v; it must be between -100 and 100", id, bias)
		}
	}
	for _, p := range []struct {
		name        string
		v, min, max float64
	}{
		{"repetition_penalty", c.RepetitionPenalty, 0, 2},
		{"frequency_penalty", c.FrequencyPenalty, -2, 2},
		{"presence_penalty", c.PresencePenalty, -2, 2},
		{"temperature", c.Temperature, 0, 100},
		{"top_k", float64(c.TopK), 0, math.MaxInt32},
		{"top_p", c.TopP, 0, 1},
		{"min_p", c.MinP, 0, 1},
	} {
		if !(p.v >= p.min && p.v <= p.max) {
			return fmt.Errorf("sample: %s is %v; it must be between %v and %v", p.name, p.v, p.min, p.max)
		}
	}
	return nil
}

// Words encodes a valid config as the kernel's sampling buffer: temperature f32, top_k
// u32, top_p, min_p, frequency and presence penalty f32, the seed's low and high half, and
// the repetition penalty f32.
func (c Config) Words() []uint32 {
	f := func(v float64) uint32 { return math.Float32bits(float32(v)) }
	return []uint32{
		f(c.Temperature), uint32(c.TopK), f(orOne(c.TopP)), f(c.MinP), f(c.FrequencyPenalty), f(c.PresencePenalty),
		uint32(c.Seed), uint32(c.Seed >> 32), f(orOne(c.RepetitionPenalty))}
}

// orOne is a parameter that 1 turns off; so does 0.
func orOne(v float64) float64 {
	if v == 0 {
		return 1
	}
	return v
}
