package sample

import "math"

// A Logprob is a token with the natural logarithm of its probability.
type Logprob struct {
	Token   int32
	Logprob float64
}

// Logprobs are the log-probabilities that a row of logits gives to a token and to the n
// likeliest, from the likeliest down, the lower token first among equals. They are the
// model's own: of the logits before bias, mask, penalties and temperature.
func Logprobs(logits []float32, token int32, n int) (of float64, top []Logprob) {
	top = make([]Logprob, 0, n+1)
	peak := math.Inf(-1)
	for i, v := range logits {
		logit := float64(v)
		peak = max(peak, logit)
		if n == 0 || len(top) == n && logit <= top[n-1].Logprob {
			continue
		}
		at := len(top)
		for at > 0 && top[at-1].Logprob < logit {
			at--
		}
		top = append(top, Logprob{})
		copy(top[at+1:], top[at:])
		top[at] = Logprob{Token: int32(i), Logprob: logit}
		top = top[:min(n, len(top))]
	}
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - peak)
	}
	total := peak + math.Log(sum)
	for i := range top {
		top[i].Logprob -= total
	}
	return float64(logits[token]) - total, top
}
