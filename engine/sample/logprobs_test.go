package sample

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Logprobs are those of the definition, with all probabilities written out and sorted.
func TestLogprobs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, vocab := range []int{1, 3, 20, 500} {
		logits := make([]float32, vocab)
		for i := range logits {
			logits[i] = float32(math.Round(rng.NormFloat64()*8)) / 2 // some are equal
		}
		sum := 0.0
		for _, v := range logits {
			sum += math.Exp(float64(v))
		}
		want := make([]Logprob, vocab)
		for i, v := range logits {
			want[i] = Logprob{int32(i), math.Log(math.Exp(float64(v)) / sum)}
		}
		byToken := slices.Clone(want)
		slices.SortStableFunc(want, func(a, b Logprob) int { return cmp.Compare(b.Logprob, a.Logprob) })
		for _, n := range []int{0, 1, 5, 20} {
			for token := range min(vocab, 30) {
				of, top := Logprobs(logits, int32(token), n)
				if math.Abs(of-byToken[token].Logprob) > 1e-12 {
					t.Errorf("token %d of %d: %v, want %v", token, vocab, of, byToken[token].Logprob)
				}
				if len(top) != min(n, vocab) {
					t.Fatalf("%d of the top %d of %d", len(top), n, vocab)
				}
				for i, got := range top {
					if got.Token != want[i].Token || math.Abs(got.Logprob-want[i].Logprob) > 1e-12 {
						t.Errorf("place %d of %d: %+v, want %+v", i, vocab, got, want[i])
					}
				}
			}
		}
	}
}

// Logits far from zero, and one that takes all, give finite numbers.
func TestLogprobsFarAway(t *testing.T) {
	of, top := Logprobs([]float32{-3e30, 3e30, 2e30}, 0, 3)
	if math.IsInf(of, 0) || math.IsNaN(of) || top[0] != (Logprob{1, 0}) || top[2].Token != 0 {
		t.Errorf("got %v, %v", of, top)
	}
}
