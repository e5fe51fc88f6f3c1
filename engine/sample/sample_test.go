package sample

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, ok := range []Config{
		{},
		{FrequencyPenalty: -2, PresencePenalty: -2},
		{RepetitionPenalty: 2, FrequencyPenalty: 2, PresencePenalty: 2, LogitBias: map[int32]float32{1: -100, 2: 100}, Temperature: 100, TopK: math.MaxInt32, TopP: 1, MinP: 1, Seed: math.MaxUint64},
	} {
		if err := ok.Validate(10); err != nil {
			t.Errorf("%+v: %v", ok, err)
		}
	}
	for name, bad := range map[string][]Config{
		"repetition_penalty":    {{RepetitionPenalty: -0.1}, {RepetitionPenalty: 2.1}, {RepetitionPenalty: nan}},
		"logit_bias of token 7": {{LogitBias: map[int32]float32{7: 100.5}}, {LogitBias: map[int32]float32{7: float32(nan)}}},
		"frequency_penalty":     {{FrequencyPenalty: -2.1}, {FrequencyPenalty: 2.1}, {FrequencyPenalty: nan}},
		"presence_penalty":      {{PresencePenalty: -2.1}, {PresencePenalty: inf}, {PresencePenalty: nan}},
		"temperature":           {{Temperature: -0.1}, {Temperature: 100.1}, {Temperature: inf}, {Temperature: nan}},
		"top_k":                 {{TopK: -1}, {TopK: math.MaxInt32 + 1}},
		"top_p":                 {{TopP: -0.1}, {TopP: 1.1}, {TopP: nan}},
		"min_p":                 {{MinP: -0.1}, {MinP: 1.1}, {MinP: nan}},
	} {
		for _, c := range bad {
			if err := c.Validate(10); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%+v: %v, want an error that names %s", c, err, name)
			}
		}
	}
}

func TestWords(t *testing.T) {
	c := Config{FrequencyPenalty: 0.5, PresencePenalty: -0.25, RepetitionPenalty: 1.5, Temperature: 0.75, TopK: 40, TopP: 0.875, MinP: 0.125, Seed: 0x1122334455667788}
	f := math.Float32bits
	want := []uint32{f(0.75), 40, f(0.875), f(0.125), f(0.5), f(-0.25), 0x55667788, 0x11223344, f(1.5)}
	if got := c.Words(); !slices.Equal(got, want) {
		t.Errorf("got %#x, want %#x", got, want)
	}
	// Both ways to say that a parameter is off are one in the kernel.
	if off := (Config{}).Words(); off[2] != f(1) || off[8] != f(1) {
		t.Error("top-p or repetition penalty 0 does not become 1")
	}
}

// What the kernel serves too is tested with it (kerneltest); this is what it does not.
func TestHost(t *testing.T) {
	const vocab = 8
	logits := func() []float32 { return []float32{0, 1, 2, 3, 4, 5, 6, 7} }
	run := func(c Config, answer []int32, n int) []int32 {
		t.Helper()
		h := NewHost(c, vocab, answer)
		var ids []int32
		for range n {
			id, err := h.Next(logits())
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		return ids
	}
	var seen [][]int32
	falling := func(answer []int32) ([]uint32, error) { // each token is smaller than the one before
		seen = append(seen, slices.Clone(answer))
		if len(answer) == 0 {
			return []uint32{1<<32 - 1}, nil
		}
		return []uint32{1<<answer[len(answer)-1] - 1}, nil
	}
	for _, tt := range []struct {
		name   string
		config Config
		answer []int32
		want   []int32
	}{
		{"bias", Config{LogitBias: map[int32]float32{2: 10, 7: -100}}, nil, []int32{2, 2}},
		{"bias before penalties", Config{LogitBias: map[int32]float32{3: 6}, RepetitionPenalty: 2}, nil, []int32{3, 7, 6, 5}},
		{"a negative logit repeated", Config{LogitBias: map[int32]float32{0: -1, 1: -2.5, 2: -10, 3: -10, 4: -10, 5: -10, 6: -10, 7: -10}, RepetitionPenalty: 2},
			[]int32{0}, []int32{1}},
		{"mask", Config{Mask: falling}, nil, []int32{7, 6, 5, 4}},
		{"mask, of an answer that has begun", Config{Mask: falling}, []int32{7, 3}, []int32{2, 1, 0}},
		{"mask and temperature", Config{Mask: falling, Temperature: 100, TopK: 1}, nil, []int32{7, 6, 5}},
	} {
		if got := run(tt.config, tt.answer, len(tt.want)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	if !slices.Equal(seen[0], nil) || !slices.Equal(seen[3], []int32{7, 6, 5}) || !slices.Equal(seen[4], []int32{7, 3}) {
		t.Errorf("the mask was told %v", seen)
	}
	for i, id := range run(Config{Mask: falling, Temperature: 100, Seed: 5}, []int32{3}, 1) {
		if id >= 3 {
			t.Errorf("token %d is %d, which the mask bans", i, id)
		}
	}
	none := func([]int32) ([]uint32, error) { return []uint32{0}, nil }
	failing := func([]int32) ([]uint32, error) { return nil, errors.New("no such rule") }
	for want, c := range map[string]Config{"bans every token": {Mask: none, Temperature: 1}, "no such rule": {Mask: failing}} {
		if _, err := NewHost(c, vocab, nil).Next(logits()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
