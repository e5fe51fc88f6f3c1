package engine

import (
	"slices"
	"testing"
)

func TestLookup(t *testing.T) {
	for _, tt := range []struct {
		name string
		text []int32
		n    int
		want []int32
	}{
		{"nothing", nil, 4, nil},
		{"nothing repeats", []int32{1, 2, 3, 4, 5, 6}, 4, nil},
		{"three tokens", []int32{1, 2, 3, 4, 5, 6, 7, 1, 2, 3}, 4, []int32{4, 5, 6, 7}},
		{"two tokens", []int32{9, 2, 3, 4, 5, 6, 7, 1, 2, 3}, 4, []int32{4, 5, 6, 7}},
		{"three before two", []int32{1, 2, 3, 4, 9, 2, 3, 5, 1, 2, 3}, 1, []int32{4}},
		{"the last time", []int32{1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 3}, 1, []int32{5}},
		{"the last time that enough followed", []int32{1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 8, 1, 2, 3}, 5, []int32{4, 5, 6, 7, 1}},
		{"the longest, where never enough", []int32{1, 2, 3, 4, 1, 2, 3}, 7, []int32{4, 1, 2, 3}},
		{"one token over and over", []int32{8, 8, 8, 8, 8, 8}, 2, []int32{8, 8}},
		{"the longest of one token", []int32{8, 8, 8, 8, 8}, 4, []int32{8, 8}},
		{"no room", []int32{1, 2, 3, 1, 2, 3}, 0, nil},
	} {
		if got := lookup(tt.text, tt.n); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
