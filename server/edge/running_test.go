//go:build !js

package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"mixtab/server/edge/workerd"
)

var scratch string // the folder for the Go program

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "mixtab-edge-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(scratch)
	os.Exit(code)
}

// running is the Worker until the test ends.
type running struct{ *workerd.Site }

// build compiles the Go program as it is now, once.
var build = sync.OnceValue(func() error { return workerd.Build(scratch) })

// start runs the Worker. Where the machine lacks something, it skips
// the test, aloud, or fails it where it must not be skipped.
func start(t *testing.T, with workerd.Settings) running {
	t.Helper()
	if err := workerd.Check(); errors.As(err, new(workerd.Missing)) && !strings.Contains(os.Getenv("MIXTAB_REQUIRE"), "edge") {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	if err := build(); err != nil {
		t.Fatal(err)
	}
	with.Build = scratch
	s, err := workerd.Start(with)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		} else if t.Failed() {
			t.Logf("the Worker's log:\n%s", &s.Log)
		}
	})
	return running{s}
}

// ask makes a request and reads the answer.
func (s running) ask(t *testing.T, path string) (status int, header http.Header, text string) {
	t.Helper()
	client := http.Client{Timeout: 30 * time.Second}
	resp, err := client.Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(data)
}

// asking makes a request that has to wait. It tells the status, or 0 where there is no answer.
func (s running) asking(t *testing.T, path string) <-chan int {
	status := make(chan int, 1)
	go func() {
		defer close(status)
		resp, err := http.Get(s.URL + path)
		if err != nil {
			t.Error(err)
			return
		}
		resp.Body.Close()
		status <- resp.StatusCode
	}()
	return status
}

// control asks local/faults.mjs.
func (s running) control(t *testing.T, method, keyAndQuery, body string) workerd.State {
	t.Helper()
	state, err := s.Control(t.Context(), method, keyAndQuery, body)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// untilSilent waits until the bucket has been asked n times for what it never answers.
func (s running) untilSilent(t *testing.T, n int) {
	t.Helper()
	for start := time.Now(); s.control(t, "GET", "", "").Silent < n; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatal("no request has reached the bucket within a minute")
		}
	}
}
