// Package host holds what the browser's side of the engine decides by arithmetic alone:
// what is loaded before the first word, how many bytes of experts the GPU gets, and how
// long a token takes while part of the pack is still on the network.
package host

import (
	"math"

	"mixtab/engine/weights"
)

const gib = 1 << 30

// Lazy says whether experts come when a token first wants them. Up to 1 GiB of them are
// loaded before the first word instead: that takes seconds, and then no word waits.
func Lazy(expertBytes int64) bool { return expertBytes > gib }

// ExpertBudget is how many bytes of experts the GPU holds, 0 for all of them. It is what
// was asked for; where nobody asked, all experts if they take at most 4 GiB, else half of
// the machine's memory, as far as the browser tells it: WebGPU does not tell the GPU's.
// memoryGiB is navigator.deviceMemory, 0 where there is none; browsers say 8 for most.
func ExpertBudget(asked, expertBytes int64, memoryGiB float64) int64 {
	switch {
	case asked > 0:
		return asked
	case expertBytes <= 4*gib:
		return 0
	case memoryGiB <= 0:
		memoryGiB = 8
	}
	return int64(memoryGiB / 2 * gib)
}

// A Missing is what of a pack's experts is not in the store yet.
type Missing struct {
	Share          float64 // of the experts' bytes, 0 to 1
	PerToken       int     // experts that a token uses, over all layers
	BytesEach      int64   // of one expert
	BytesPerSecond float64 // of the network, 0 while nobody knows
}

// MissingOf is what is missing when so many bytes of a pack are stored. The experts come
// last.
func MissingOf(man *weights.Manifest, storedBytes int64, bytesPerSecond float64) Missing {
	c, experts := man.Config, man.ExpertBytes()
	absent := min(max(0, man.Bytes()-storedBytes), experts)
	return Missing{
		Share:          float64(absent) / float64(experts),
		PerToken:       c.NLayers * c.NExpertsPerTok,
		BytesEach:      experts / int64(c.NLayers*c.NExperts),
		BytesPerSecond: bytesPerSecond,
	}
}

// Waits is the share of tokens that wait for the network at all. A token needs every one
// of its experts, so with 90 % of Mixtral's present it is 1 - 0.9^64, or 99.9 %.
func (m Missing) Waits() float64 { return 1 - math.Pow(1-m.Share, float64(m.PerToken)) }

// SecondsPerToken is what the next token is expected to take:
//
//	present + share · experts per token · bytes of an expert / network speed
//
// where present is what it takes when nothing is missing, including what the GPU loads
// from the store. The experts of a token come over one line, so their times add up; as if
// every expert were as likely as another, though the router prefers some, which come
// early and stay. It is negative while the network's speed is not known.
func (m Missing) SecondsPerToken(present float64) float64 {
	if m.Share == 0 {
		return present
	}
	if m.BytesPerSecond <= 0 {
		return -1
	}
	return present + m.Share*float64(m.PerToken)*float64(m.BytesEach)/m.BytesPerSecond
}
