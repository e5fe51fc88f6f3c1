package main

import (
	"strings"
	"testing"
)

func TestSummarise(t *testing.T) {
	for _, c := range []struct {
		name, in string
		ok       bool
		want     []string
	}{
		{"nothing ran", `{"Action":"pass","Package":"a","Elapsed":0.1}`, false, []string{"no test ran"}},
		{"empty input", ``, false, []string{"no test ran"}},
		{"pass", `{"Action":"output","Package":"a","Test":"T","Output":"hidden\n"}
{"Action":"pass","Package":"a","Test":"T"}
{"Action":"pass","Package":"a","Elapsed":0.1}`, true, []string{"ok    a", "1 passed, 0 failed, 0 skipped"}},
		{"fail", `{"Action":"output","Package":"a","Test":"T","Output":"  got 1, want 2\n"}
{"Action":"fail","Package":"a","Test":"T"}
{"Action":"pass","Package":"a","Test":"U"}
{"Action":"fail","Package":"a","Elapsed":0.1}`, false, []string{"got 1, want 2", "FAIL  a", "1 passed, 1 failed"}},
		{"skip", `{"Action":"output","Package":"a","Test":"T","Output":"    x_test.go:3: no GPU\n"}
{"Action":"output","Package":"a","Test":"T","Output":"--- SKIP: T (0.00s)\n"}
{"Action":"skip","Package":"a","Test":"T"}
{"Action":"pass","Package":"a","Test":"U"}
{"Action":"pass","Package":"a","Elapsed":0.1}`, true, []string{"skipped:", "a T: x_test.go:3: no GPU", "1 skipped"}},
		{"build failure", `{"ImportPath":"a [a.test]","Action":"build-output","Output":"a.go:1: undefined: x\n"}
{"ImportPath":"a [a.test]","Action":"build-fail"}
{"Action":"fail","Package":"a","Elapsed":0,"FailedBuild":"a [a.test]"}`, false, []string{"undefined: x", "FAIL  a"}},
		{"died", `{"Action":"output","Package":"a","Test":"T","Output":"signal: killed\n"}
{"Action":"pass","Package":"a","Test":"U"}`, false, []string{"T did not end", "signal: killed"}},
		{"not JSON", "go: cannot find main module\n", false, []string{"go: cannot find main module"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			if s := summarise(strings.NewReader(c.in), &out); s.ok() != c.ok {
				t.Errorf("got %+v, want ok to be %v", s, c.ok)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is missing in:\n%s", want, &out)
				}
			}
		})
	}
}
