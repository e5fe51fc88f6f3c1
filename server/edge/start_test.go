//go:build !js

package main

import (
	"io"
	"net/http"
	"regexp"
	"sync"
	"testing"

	"mixtab/server/edge/workerd"
)

// Many come at once to an isolate that has just started, whether its program has been
// started with it or not.
func TestFirstRequests(t *testing.T) {
	t.Parallel()
	dir, shard := demo(t)
	for name, c := range map[string]struct {
		vars   map[string]any
		starts int
	}{
		"early": {nil, 0},
		"late":  {map[string]any{"LATE": true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, workerd.Settings{Entry: "faults.mjs", Packs: map[string]string{"demo": dir}, Vars: c.vars})
			var all sync.WaitGroup
			for range 4 {
				for path, want := range map[string]int{"/packs.json": 200, "/packs/demo/manifest.json": 200, "/packs/demo/" + shard: 200, "/readyz": 200, "/": 404, "/nothing": 404} {
					all.Go(func() {
						resp, err := http.Get(s.URL + path)
						if err != nil {
							t.Error(err)
							return
						}
						defer resp.Body.Close()
						if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != want {
							t.Errorf("%s: status %d %.100q (%v), want %d", path, resp.StatusCode, text, err, want)
						}
					})
				}
			}
			all.Wait()
			if state := s.control(t, "GET", "", ""); state.Starts != c.starts || state.Bytes == 0 {
				t.Errorf("requests started %d programs, want %d; it has %d bytes", state.Starts, c.starts, state.Bytes)
			}
		})
	}
}

// A bucket that does not answer for one manifest keeps nobody waiting for ever: the next
// request reads them all for itself, and ends what has lasted over a minute.
func TestSilentStart(t *testing.T) {
	t.Parallel()
	dir, _ := demo(t)
	s := start(t, workerd.Settings{Entry: "faults.mjs", Preset: "demo", Packs: map[string]string{"demo": dir, "mute": dir}})
	first := s.asking(t, "/packs/demo/manifest.json")
	s.untilSilent(t, 1)
	s.control(t, "GET", "?seconds=61", "")
	for _, pack := range []string{"demo", "mute"} {
		if status, _, text := s.ask(t, "/packs/"+pack+"/manifest.json"); status != 200 {
			t.Errorf("%s: status %d %.100q", pack, status, text)
		}
	}
	if status := <-first; status != 200 {
		t.Errorf("the one that waited: status %d, want 200", status)
	}
}

// What is wrong with wrangler.jsonc is said where whoever deployed it looks first.
func TestConfiguration(t *testing.T) {
	t.Parallel()
	dir, _ := demo(t)
	for name, c := range map[string]struct {
		vars map[string]any
		want string
	}{
		"PACKS is a text": {map[string]any{"PACKS": "demo"}, "the variable PACKS of wrangler.jsonc has to be an object such as .*"},
		"another default": {map[string]any{"DEFAULT": "other"}, `the default pack "other" is not among demo`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, workerd.Settings{Packs: map[string]string{"demo": dir}, Vars: c.vars})
			for range 2 {
				if status, _, text := s.ask(t, "/healthz"); status != 503 || !regexp.MustCompile("^"+c.want+"\n$").MatchString(text) {
					t.Errorf("status %d %q, want 503 %q", status, text, c.want)
				}
			}
		})
	}
}
