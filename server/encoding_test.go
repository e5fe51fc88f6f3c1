package server

import "testing"

func TestNegotiate(t *testing.T) {
	both := func(c string) bool { return c == "br" || c == "gzip" }
	gzip := func(c string) bool { return c == "gzip" }
	none := func(string) bool { return false }
	for _, c := range []struct {
		accept string
		have   func(string) bool
		want   string
	}{
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
		if got := negotiate(c.accept, c.have); got != c.want {
			t.Errorf("negotiate(%q): got %q, want %q", c.accept, got, c.want)
		}
	}
}
