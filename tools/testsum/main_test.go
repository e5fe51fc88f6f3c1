package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestTwice(t *testing.T) {
	passed, none := counts{passed: 1}, counts{}
	for _, c := range []struct {
		name string
		runs []summary
		want bool
	}{
		{"all pass", []summary{{counts: passed}}, true},
		{"a race", []summary{{passed, []string{"b"}, false}, {counts: passed}}, true},
		{"a fault", []summary{{passed, []string{"b"}, false}, {passed, []string{"b"}, false}}, false},
		{"alone nothing runs", []summary{{passed, []string{"b"}, false}, {counts: none}}, false},
		{"does not build", []summary{{passed, []string{"b"}, true}}, false},
		{"nothing ran", []summary{{counts: none}}, false},
		{"all died", []summary{{none, []string{"b"}, false}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked []string
			var out strings.Builder
			got := twice(&out, []string{"a", "b"}, func(extra, packages []string) summary {
				asked = append(asked, fmt.Sprint(extra, packages))
				return c.runs[len(asked)-1]
			})
			want := []string{"[] [a b]", "[-p=1 -count=1] [b]"}[:len(c.runs)]
			if got != c.want || !slices.Equal(asked, want) {
				t.Errorf("%v after %v, want %v after %v", got, asked, c.want, want)
			}
			if told := strings.Contains(out.String(), "b passed alone"); told != (got && len(c.runs) > 1) {
				t.Errorf("it says %q", out.String())
			}
		})
	}
}

// What the go command cannot begin is no success.
func TestGoCommandFails(t *testing.T) {
	if s := goCommand(io.Discard, []string{"test", "-json", "./no-such-folder"}); s.ok() {
		t.Errorf("got %+v", s)
	}
}
