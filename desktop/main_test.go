package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// Mistakes are one line, told before any GPU is opened.
func TestMistakes(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "what to do? desktop chat answers (-h tells all)"},
		{[]string{"chta", "Hello"}, `there is no command "chta" (-h lists them)`},
		{[]string{"-x"}, "flag provided but not defined: -x (-h lists the flags)"},
		{[]string{"chat", "-x", "Hello"}, "flag provided but not defined: -x (-h lists the flags)"},
		{[]string{"chat", "-top-k", "many", "Hello"}, `invalid value "many" for flag -top-k: parse error (-h lists the flags)`},
		{[]string{"chat", "  "}, "the message is empty: write one, or leave it out to write line by line"},
		{[]string{"chat", "-pack", nowhere, "Hello"}, nowhere + ": no manifest.json there: name a folder that holds a pack"},
	} {
		var out strings.Builder
		if err := run(t.Context(), tt.args, &out); err == nil || err.Error() != tt.want || out.Len() > 0 {
			t.Errorf("%q: %v, want %s; printed %q", tt.args, err, tt.want, out.String())
		}
	}
	for _, args := range [][]string{{"-h"}, {"chat", "-h"}} {
		var out strings.Builder
		if err := run(t.Context(), args, &out); err != nil || !strings.Contains(out.String(), "desktop chat [flags] [prompt]") {
			t.Errorf("%q: %v, printed %q", args, err, out.String())
		}
	}
}
