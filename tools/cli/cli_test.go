package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string // of the error
	}{
		{nil, ""},
		{[]string{"-n", "3"}, ""},
		{[]string{"-m"}, "flag provided but not defined: -m"},
		{[]string{"-n", "x"}, `invalid value "x" for flag -n: parse error`},
		{[]string{"-n", "3", "more"}, `unexpected argument "more"`},
	} {
		flags := flag.NewFlagSet("test", flag.ContinueOnError)
		n := flags.Int("n", 1, "a `number`")
		var out strings.Builder
		err := parse(flags, tt.args, &out, "usage\n")
		if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want || out.Len() > 0 {
			t.Errorf("%v: %v, want %q; printed %q", tt.args, err, tt.want, out.String())
		}
		if tt.want == "" && *n != 1+len(tt.args) {
			t.Errorf("%v: n is %d", tt.args, *n)
		}
	}
	flags := flag.NewFlagSet("test", flag.ContinueOnError)
	flags.Int("n", 1, "a `number`")
	var out strings.Builder
	if err := parse(flags, []string{"-h"}, &out, "usage\n"); !errors.Is(err, flag.ErrHelp) ||
		!strings.HasPrefix(out.String(), "usage\n") || !strings.Contains(out.String(), "-n number") {
		t.Errorf("-h: %v, %q", err, out.String())
	}
}

func TestResumable(t *testing.T) {
	if err := Resumable(fmt.Errorf("shard: %w", context.Canceled), "out"); !strings.HasPrefix(err.Error(), "out: interrupted: run the same command again") {
		t.Error(err)
	}
	if other := errors.New("other"); Resumable(other, "out") != other || Resumable(nil, "out") != nil {
		t.Error("another error was changed")
	}
}
