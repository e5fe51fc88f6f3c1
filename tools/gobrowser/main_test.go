package main

import (
	"maps"
	"slices"
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
