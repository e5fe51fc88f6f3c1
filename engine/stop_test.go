package engine

import "testing"

func TestStopStringsFind(t *testing.T) {
	for _, tt := range []struct {
		stops stopStrings
		text  string
		want  int
	}{
		{nil, "text", -1},
		{stopStrings{""}, "text", -1},
		{stopStrings{"x"}, "", -1},
		{stopStrings{"t"}, "text", 0},
		{stopStrings{"xt", "e"}, "text", 1}, // the first in the text, not in the list
		{stopStrings{"text!", "xt"}, "text", 2},
		{stopStrings{"é"}, "café", 3},
	} {
		if got := tt.stops.find(tt.text); got != tt.want {
			t.Errorf("%q in %q: %d, want %d", tt.stops, tt.text, got, tt.want)
		}
	}
}

// The longest end of the text that may yet become a stop string is held back.
func TestStopStringsBeginning(t *testing.T) {
	for _, tt := range []struct {
		stops stopStrings
		text  string
		want  int
	}{
		{nil, "text", 0},
		{stopStrings{""}, "text", 0},
		{stopStrings{"x"}, "text", 0}, // one byte is there or not
		{stopStrings{"###"}, "a#", 1},
		{stopStrings{"###"}, "a##", 2},
		{stopStrings{"###"}, "", 0},
		{stopStrings{"aab"}, "xaa", 2}, // and not only the last "a"
		{stopStrings{"aab"}, "aaa", 2},
		{stopStrings{"abab!"}, "xabab", 4}, // "ab" begins it, too
		{stopStrings{"bcd", "abcde"}, "xabc", 3},
		{stopStrings{"abcde", "bcd"}, "xabc", 3},
		{stopStrings{"nothing", "c."}, "abc", 1},
		{stopStrings{"é!"}, "caf\xc3", 1}, // half a character
		{stopStrings{"long stop"}, "lo", 2},
	} {
		if got := tt.stops.beginning(tt.text); got != tt.want {
			t.Errorf("%q at the end of %q: %d, want %d", tt.stops, tt.text, got, tt.want)
		}
	}
}
