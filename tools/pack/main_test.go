package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The command as a script sees it: exit status, one line of error, one JSON object.
func TestCommand(t *testing.T) {
	dir := t.TempDir()
	exe := filepath.Join(dir, "pack.exe")
	if out, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out := filepath.Join(dir, "out")
	for _, tt := range []struct {
		args   []string
		ok     bool
		stderr string
	}{
		{[]string{"-in", "testdata/odd", "-out", out, "-format", "q4", "-verify"}, true, "pack: warning: testdata/odd: neither tokenizer.model nor tokenizer.json"},
		{[]string{"-in", "testdata/odd", "-out", out, "-format", "q4", "-head", "f16"}, false, "already holds another pack: choose another folder"},
		{[]string{"-in", "testdata/odd", "-out", out, "-format", "q5"}, false, `-format: unknown weight format "q5" (known: f32, f16, q8, q4)`},
		{[]string{"-in", "testdata/odd", "-out", out, "-format", "q4", "-head", "q4"}, false, "embedding and lm_head cannot be q4"},
		{[]string{"-in", "testdata/nothing", "-out", out, "-format", "q4"}, false, "testdata/nothing: no config.json there"},
		{[]string{"-in", "testdata/odd"}, false, "-in, -out and -format are needed"},
	} {
		var stdout, stderr bytes.Buffer
		cmd := exec.Command(exe, append(tt.args, "-json")...)
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); (err == nil) != tt.ok {
			t.Errorf("%v ended with %v: %s", tt.args, err, &stderr)
		}
		if s := stderr.String(); strings.Count(s, "\n") != 1 || !strings.Contains(s, tt.stderr) {
			t.Errorf("%v said %q, want one line with %q", tt.args, s, tt.stderr)
		}
		lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
		var r report
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil || r.OK != tt.ok || (r.Error == "") != tt.ok || r.Verified != tt.ok {
			t.Errorf("%v reported %s (%v)", tt.args, stdout.String(), err)
		}
	}
}
