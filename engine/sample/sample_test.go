package sample

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, ok := range []Config{
		{},
		{FrequencyPenalty: -2, PresencePenalty: -2},
		{FrequencyPenalty: 2, PresencePenalty: 2, Temperature: 100, TopK: math.MaxInt32, TopP: 1, MinP: 1, Seed: math.MaxUint64},
	} {
		if err := ok.Validate(); err != nil {
			t.Errorf("%+v: %v", ok, err)
		}
	}
	for name, bad := range map[string][]Config{
		"frequency_penalty": {{FrequencyPenalty: -2.1}, {FrequencyPenalty: 2.1}, {FrequencyPenalty: nan}},
		"presence_penalty":  {{PresencePenalty: -2.1}, {PresencePenalty: inf}, {PresencePenalty: nan}},
		"temperature":       {{Temperature: -0.1}, {Temperature: 100.1}, {Temperature: inf}, {Temperature: nan}},
		"top_k":             {{TopK: -1}, {TopK: math.MaxInt32 + 1}},
		"top_p":             {{TopP: -0.1}, {TopP: 1.1}, {TopP: nan}},
		"min_p":             {{MinP: -0.1}, {MinP: 1.1}, {MinP: nan}},
	} {
		for _, c := range bad {
			if err := c.Validate(); err == nil || !strings.Contains(err.Error(), name+" is ") {
				t.Errorf("%+v: %v, want an error that names %s", c, err, name)
			}
		}
	}
}

func TestWords(t *testing.T) {
	c := Config{FrequencyPenalty: 0.5, PresencePenalty: -0.25, Temperature: 0.75, TopK: 40, TopP: 0.875, MinP: 0.125, Seed: 0x1122334455667788}
	got := c.Words()
	f := math.Float32bits
	for i, want := range []uint32{f(0.75), 40, f(0.875), f(0.125), f(0.5), f(-0.25), 0x55667788, 0x11223344} {
		if w := binary.LittleEndian.Uint32(got[4*i:]); w != want {
			t.Errorf("word %d is %#x, want %#x", i, w, want)
		}
	}
	if len(got) != 32 {
		t.Errorf("%d bytes, want 32", len(got))
	}
	// Both ways to say that top-p is off are one in the kernel.
	if off := (Config{}).Words(); binary.LittleEndian.Uint32(off[8:]) != f(1) {
		t.Error("top-p 0 does not become 1")
	}
}
