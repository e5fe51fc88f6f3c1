package cli

import "testing"

func TestSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "4096": 4096, "6GiB": 6 << 30, "6GB": 6e9, "512MiB": 512 << 20, "512MB": 512e6, "1.5GiB": 3 << 29,
	} {
		var s Size
		if err := s.Set(text); err != nil || int64(s) != want {
			t.Errorf("%q is %d, %v, want %d", text, s, err, want)
		}
		var again Size
		if err := again.Set(s.String()); err != nil || again != s {
			t.Errorf("%q is written as %q, which is %d, %v", text, s.String(), again, err)
		}
	}
	for _, text := range []string{"", "GiB", "-1GiB", "6 GiB", "6gib", "6TB", "NaN", "Inf", "1e300GB", "6GiBB"} {
		var s Size
		if err := s.Set(text); err == nil {
			t.Errorf("%q is %d, want an error", text, s)
		}
	}
}
