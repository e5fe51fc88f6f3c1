//go:build !js

package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"mixtab/server/edge/workerd"
)

// built is the folder with the Go program as it is now, or "".
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(built)
	}
	os.Exit(code)
}

// compiled compiles the Go program, once. Where the machine lacks something, it skips the
// test, aloud, or fails it where it must not be skipped.
func compiled(t *testing.T) string {
	t.Helper()
	if err := workerd.Check(); errors.As(err, new(workerd.Missing)) && !strings.Contains(os.Getenv("MIXTAB_REQUIRE"), "edge") {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	if built == "" {
		var err error
		if built, err = os.MkdirTemp("", "mixtab-edge-"); err != nil {
			t.Fatal(err)
		}
		if err := workerd.Build(built); err != nil {
			t.Fatal(err)
		}
	}
	return built
}

// running is the Worker until the test ends.
type running struct{ *workerd.Site }

func start(t *testing.T, with workerd.Settings) running {
	t.Helper()
	with.Build = compiled(t)
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

// control asks local/faults.mjs.
func (s running) control(t *testing.T, method, keyAndQuery, body string) workerd.State {
	t.Helper()
	state, err := s.Control(t.Context(), method, keyAndQuery, body)
	if err != nil {
		t.Fatal(err)
	}
	return state
}
