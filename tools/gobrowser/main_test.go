package main

import (
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestProgramArgs(t *testing.T) {
	got := programArgs([]string{"-test.testlogfile=/tmp/x", "-test.v=true", "--test.coverprofile=c.out", "-test.run=A", "word"})
	if want := []string{"-test.v=true", "-test.run=A", "word"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestProgramEnv(t *testing.T) {
	got := programEnv([]string{"HOME=/root", "MIXTAB_X=1=2", "GODEBUG=a=1", "GOOS=js"})
	if want := map[string]string{"MIXTAB_X": "1=2", "GODEBUG": "a=1"}; !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A file lands in the folder, wherever its name says it belongs.
func TestWritten(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("MIXTAB_OUT", dir)
	s := &site{failed: make(chan error, 1)}
	s.written(httptest.NewRecorder(), httptest.NewRequest("POST", "/file?name=../x.json", strings.NewReader("{}")))
	got, err := os.ReadFile(filepath.Join(dir, "x.json"))
	if err != nil || string(got) != "{}" || len(s.failed) > 0 {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestTimeout(t *testing.T) {
	for arg, want := range map[string]time.Duration{
		"-pack":             2 * time.Hour,
		"-test.v=true":      10 * time.Minute,
		"-test.timeout=30s": 50 * time.Second,
		"-test.timeout=0s":  10 * time.Minute,
	} {
		if got := timeout([]string{arg}); got != want {
			t.Errorf("%s: got %v, want %v", arg, got, want)
		}
	}
}

func TestTail(t *testing.T) {
	var said tail
	for range 100 {
		said.Write(make([]byte, 1000))
	}
	if said.Len() > 64<<10 || said.Len() < 63<<10 {
		t.Errorf("keeps %d bytes", said.Len())
	}
}
