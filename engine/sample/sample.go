// Package sample says how the next token is chosen from its logits. The choosing
// itself is a kernel, shaders/sample.wgsl.
package sample

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Config holds the parameters of sampling. They apply in the order of the fields:
// penalties, temperature, top-k, top-p, min-p.
//
// The zero value is greedy. The same Config gives the same tokens for the same logits
// on every device, except where its random number falls within rounding (1e-5) of the
// boundary between two tokens.
type Config struct {
	FrequencyPenalty float64 // taken off a logit for each time its token was generated; -2 to 2
	PresencePenalty  float64 // taken off once if its token was generated at all; -2 to 2
	Temperature      float64 // divides the logits; 0 is greedy; 0 to 100
	TopK             int     // keep the k largest; 0 keeps all
	TopP             float64 // keep the fewest tokens that make up this probability; 0 and 1 keep all
	MinP             float64 // keep tokens at least this likely, relative to the likeliest; 0 keeps all
	Seed             uint64
}

// Validate says which parameter is out of its range.
func (c Config) Validate() error {
	for _, p := range []struct {
		name        string
		v, min, max float64
	}{
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

// Words encodes a valid config as the kernel's sampling buffer: little-endian
// temperature f32, top_k u32, top_p, min_p, frequency and presence penalty f32, and
// the seed's low and high half.
func (c Config) Words() []byte {
	topP := c.TopP
	if topP == 0 {
		topP = 1
	}
	f := func(v float64) uint32 { return math.Float32bits(float32(v)) }
	b, _ := binary.Append(nil, binary.LittleEndian, []uint32{
		f(c.Temperature), uint32(c.TopK), f(topP), f(c.MinP), f(c.FrequencyPenalty), f(c.PresencePenalty),
		uint32(c.Seed), uint32(c.Seed >> 32)})
	return b
}
