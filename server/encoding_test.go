package server

import (
	"slices"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	coded := func(names ...string) *file {
		f := &file{plain: &variant{}}
		for i, c := range codings {
			if slices.Contains(names, c.name) {
				f.coded[i] = &variant{name: c.name}
			}
		}
		return f
	}
	all, both, gzip, none := coded("br", "zstd", "gzip"), coded("br", "gzip"), coded("gzip"), coded()
	for _, c := range []struct {
		accept string
		have   *file
		want   string
	}{
		{"", all, ""},
		{"gzip, deflate, br, zstd", all, "br"},
		{"gzip, deflate, zstd", all, "zstd"},
		{"gzip, zstd;q=0.9", all, "gzip"},
		{"br;q=0.2, zstd;q=0.9, gzip;q=0.3", all, "zstd"},
		{"zstd", both, ""},
		{"", both, ""},
		{"br", both, "br"},
		{"gzip, deflate, br, zstd", both, "br"},
		{"gzip, deflate, br, zstd", gzip, "gzip"},
		{"gzip, deflate, br, zstd", none, ""},
		{"deflate", both, ""},
		{"GZip", both, "gzip"},
		{"x-gzip", both, "gzip"},
		{"br;q=0.5, gzip", both, "gzip"},
		{"br;q=0.5, gzip;q=0.5", both, "br"},
		{"br ; Q=0.2 , gzip ; q=0.8", both, "gzip"},
		{"br;q=0, gzip;q=0.1", both, "gzip"},
		{"br;q=0", both, ""},
		{"br;q=0.000", both, ""},
		{"*", both, "br"},
		{"*", gzip, "gzip"},
		{"*;q=0", both, ""},
		{"*;q=0, gzip;q=1", both, "gzip"},
		{"br;q=0, *", both, "gzip"},
		{"identity", both, ""},
		{"identity, br", both, "br"},
		{"identity;q=1, br;q=0.5", both, ""},
		{"identity;q=0.5, br;q=1", both, "br"},
		{"identity;q=0", both, ""}, // nothing else is acceptable either, so the plain file
		{"br;q=2, gzip", both, "gzip"},
		{"br;q=x, gzip", both, "gzip"},
		{"br;q=NaN, gzip", both, "gzip"},
		{"br;q=-1", both, ""},
		{",, ,br,", both, "br"},
		{"brotli", both, ""},
	} {
		// The lines of a header are one list.
		for _, lines := range [][]string{{c.accept}, strings.SplitAfter(c.accept, ",")} {
			if got := c.have.choose(lines).name; got != c.want {
				t.Errorf("choose(%q): got %q, want %q", lines, got, c.want)
			}
		}
	}
}
