package sample

import (
	"cmp"
	"math"
	"slices"
)

// Pick chooses a token as the kernel does, by the words of a config (Words), how often each
// token was generated, and the number of the token in the answer. The logits are shaped
// in float32, as the kernel does, so that ties are the same.
func Pick(words []uint32, logits []float32, counts []uint32, step uint32) int {
	setting := func(i int) float32 { return math.Float32frombits(words[i]) }
	temperature, topK, topP, minP := setting(0), int(words[1]), setting(2), setting(3)
	frequency, presence, repetition := setting(4), setting(5), setting(8)

	scaled := make([]float32, len(logits))
	best := 0
	for i, v := range logits {
		if counts[i] > 0 {
			if v > 0 {
				v /= repetition
			} else {
				v *= repetition
			}
			v -= float32(frequency * float32(counts[i]))
			v -= presence
		}
		if temperature != 0 {
			v /= temperature
		}
		scaled[i] = v
		if v > scaled[best] {
			best = i
		}
	}
	if temperature <= 0 {
		return best
	}

	peak := scaled[best]
	weight := func(v float32) float64 { return math.Exp(float64(v) - float64(peak)) }
	floor := float32(math.Inf(-1)) // tokens below are out
	if topK > 0 && topK < len(scaled) || topP < 1 {
		descending := slices.Clone(scaled)
		slices.SortFunc(descending, func(a, b float32) int { return cmp.Compare(b, a) })
		if topK > 0 && topK < len(scaled) {
			floor = descending[topK-1]
		}
		if topP < 1 {
			floor = nucleus(descending, floor, topP, weight)
		}
	}

	total := 0.0
	admitted := func(v float32) bool { return v >= floor && weight(v) >= float64(minP) }
	for _, v := range scaled {
		if admitted(v) {
			total += weight(v)
		}
	}
	random := random01(words[6], words[7], step)
	sum := 0.0
	for i, v := range scaled {
		if admitted(v) {
			sum += weight(v)
			best = i
			if sum > random*total {
				break
			}
		}
	}
	return best
}

// nucleus is the value of the last token that top-p admits, of those from floor up.
func nucleus(descending []float32, floor, topP float32, weight func(float32) float64) float32 {
	total := 0.0
	for _, v := range descending {
		if v >= floor {
			total += weight(v)
		}
	}
	sum := 0.0
	for _, v := range descending {
		sum += weight(v)
		if v <= floor || sum >= float64(topP)*total {
			return v
		}
	}
	return floor
}

// random01 is lib/random.wgsl's.
func random01(seedLow, seedHigh, step uint32) float64 {
	h := mixBits(seedLow ^ mixBits(seedHigh^mixBits(step+0x9e3779b9)))
	return float64(h>>8) / (1 << 24)
}

// mixBits is MurmurHash3's 32-bit finaliser.
func mixBits(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	h ^= h >> 16
	return h
}
