//go:build !js

package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"mixtab/server/conformance"
	"mixtab/server/edge/soak"
	"mixtab/server/edge/workerd"
)

// differences are those of Cloudflare from one box.
var differences = []conformance.Difference{{
	Case: "^packs/coded_manifest$",
	Says: `^Content-Encoding is "br", want gzip$`,
	Why:  "the Worker compresses nothing: Cloudflare does, and Miniflare in its place, in what the client names first",
}, {
	Case: "^packs/manifest$",
	Says: `^Vary is "", want "Accept-Encoding"$`,
	Why:  "whoever compresses says so, which Cloudflare does, and Miniflare does not",
}}

func TestConformance(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := conformance.Write(dir); err != nil {
		t.Fatal(err)
	}
	s := start(t, workerd.Settings{Preset: conformance.Small, Packs: map[string]string{
		conformance.Small: filepath.Join(dir, "packs", conformance.Small),
		conformance.Large: filepath.Join(dir, "packs", conformance.Large),
	}})
	conformance.Run(t, conformance.Target{URL: s.URL, Differences: differences})
}

// One program for each request differs in who starts it, and in nothing that it says.
func TestProgramForEachRequest(t *testing.T) {
	t.Parallel()
	dir, shard := demo(t)
	s := start(t, workerd.Settings{Entry: "faults.mjs", Packs: map[string]string{"demo": dir}, Vars: map[string]any{"INSTANCES": "request"}})
	want, err := os.ReadFile(filepath.Join(dir, shard))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if status, _, text := s.ask(t, "/packs/demo/"+shard); status != 200 || text != string(want) {
			t.Errorf("a shard: status %d and %d bytes, want 200 and %d", status, len(text), len(want))
		}
	}
	if status, _, text := s.ask(t, "/packs/other/"); status != 404 || text != "there is no such pack: /packs.json lists them\n" {
		t.Errorf("another pack: status %d %q", status, text)
	}
	if state := s.control(t, "GET", "", ""); state.Bytes != 0 {
		t.Errorf("a program of %d bytes was kept", state.Bytes)
	}
}

// demo is the folder of a pack with its first shard.
func demo(t *testing.T) (dir, shard string) {
	t.Helper()
	dir, err := filepath.Abs("../../demo/pack")
	if err != nil {
		t.Fatal(err)
	}
	shards, err := filepath.Glob(filepath.Join(dir, "shards", "*.bin"))
	if err != nil || len(shards) == 0 {
		t.Fatalf("the demo pack has no shards (%v)", err)
	}
	return dir, "shards/" + filepath.Base(shards[0])
}

func TestFaults(t *testing.T) {
	t.Parallel()
	dir, shard := demo(t)
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "manifest.json"), []byte(`{"version": 99}`), 0o666); err != nil {
		t.Fatal(err)
	}
	s := start(t, workerd.Settings{Entry: "faults.mjs", Preset: "demo", Packs: map[string]string{"demo": dir, "throws": dir, "gone": dir, "other": dir,
		"silent": dir, "ends": dir, "broken": broken, "empty": t.TempDir()}})
	answers := func(name, path string, status int, body string) {
		t.Helper()
		got, header, text := s.ask(t, path)
		if got != status || !regexp.MustCompile("^"+body+"\n$").MatchString(text) {
			t.Errorf("%s: status %d %.200q, want %d %q", name, got, text, status, body)
		}
		for h, want := range map[string]string{"Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8", "ETag": "", "Content-Range": ""} {
			if got := header.Get(h); got != want {
				t.Errorf("%s: %s is %q, want %q", name, h, got, want)
			}
		}
		if shared := header.Get("Access-Control-Allow-Origin"); status != 500 && shared != "*" {
			t.Errorf("%s: Access-Control-Allow-Origin is %q", name, shared)
		}
	}
	whole := func() {
		t.Helper()
		want, err := os.ReadFile(filepath.Join(dir, shard))
		if err != nil {
			t.Fatal(err)
		}
		if status, _, text := s.ask(t, "/packs/demo/"+shard); status != 200 || text != string(want) {
			t.Errorf("a good shard: status %d and %d bytes, want 200 and %d", status, len(text), len(want))
		}
	}

	whole()
	if starts := s.control(t, "GET", "", "").Starts; starts != 0 {
		t.Errorf("%d programs were started, though there was one before the first request", starts)
	}
	const closed = "this pack cannot be read at the moment: try again in a while"
	answers("newer manifest", "/packs/broken/manifest.json", 503, closed)
	answers("no manifest", "/packs/empty/"+shard, 503, closed)
	answers("bucket that throws", "/packs/throws/"+shard, 502, "shards/.* cannot be read where the server keeps it")
	answers("shard that is not there", "/packs/gone/"+shard, 404, "shards/.* has gone from where the server keeps it")
	answers("shard of another size", "/packs/other/"+shard, 502, "shards/.* cannot be read where the server keeps it")
	for pack, want := range map[string]int{"demo": 200, "throws": 502, "gone": 404, "other": 502} {
		resp, err := http.Head(s.URL + "/packs/" + pack + "/" + shard)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if whole := resp.Header.Get("ETag") != ""; resp.StatusCode != want || whole != (want == 200) {
			t.Errorf("HEAD of a shard of the pack %s: status %d, ETag %v, want %d", pack, resp.StatusCode, whole, want)
		}
	}
	if _, _, list := s.ask(t, "/packs.json"); !strings.Contains(list, `"throws"`) || strings.Contains(list, `"broken"`) {
		t.Errorf("the list of packs is %s", list)
	}

	t.Run("a program that ends", func(t *testing.T) {
		before := s.control(t, "GET", "", "").Starts
		waiting := make(chan int)
		go func() {
			resp, err := http.Get(s.URL + "/packs/silent/" + shard)
			if err != nil {
				t.Error(err)
				close(waiting)
				return
			}
			resp.Body.Close()
			waiting <- resp.StatusCode
		}()
		s.untilSilent(t, 1)
		answers("the one that ends it", "/packs/ends/"+shard, 500, "the server has made a mistake")
		if status := <-waiting; status != 500 {
			t.Errorf("a request that was waiting: status %d, want 500", status)
		}
		whole()
		if after := s.control(t, "GET", "", "").Starts; after != before+1 {
			t.Errorf("%d programs were started, want 1", after-before)
		}
	})

	t.Run("a bucket that never answers", func(t *testing.T) {
		ctx, hangUp := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/packs/silent/"+shard, nil)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() {
			_, err := http.DefaultClient.Do(r)
			ended <- err
		}()
		s.untilSilent(t, 2)
		hangUp()
		if err := <-ended; err == nil {
			t.Fatal("there is an answer")
		}
		s.control(t, "GET", "?seconds=130", "")
		whole() // and with it the end of what nobody waits for
	})

	t.Run("a manifest that changes", func(t *testing.T) {
		manifest, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(manifest), `"name":`, `"name": "another", "was":`, 1)
		s.control(t, "PUT", "packs/demo/manifest.json", changed)
		says := func(want string) {
			t.Helper()
			for range 50 {
				if _, _, text := s.ask(t, "/packs/demo/manifest.json"); text == want {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
			t.Error("the manifest is not the bucket's")
		}
		says(string(manifest))
		s.control(t, "GET", "?seconds=61", "")
		says(changed)
		s.control(t, "DELETE", "packs/demo/manifest.json", "")
		says(changed)
		s.control(t, "GET", "?seconds=61", "")
		says(closed + "\n")
		s.control(t, "PUT", "packs/demo/manifest.json", string(manifest))
		s.control(t, "GET", "?seconds=11", "")
		says(string(manifest))
		whole()
	})
}

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

// A short soak; make edge-soak runs the long one. Hundreds of megabytes of shards pass,
// and Go's memory, which never shrinks, stays what it is: their bytes do not enter it.
func TestSoak(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells of the memory of another process")
	}
	dir := t.TempDir()
	if err := conformance.Write(dir); err != nil {
		t.Fatal(err)
	}
	s := start(t, soak.Settings(dir))
	report, err := soak.Run(t.Context(), s.Site, dir, soak.Options{Requests: 1000, Every: 500, Parallel: 8, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range report.Errors {
		t.Error(wrong)
	}
	first, last := report.Samples[0], report.Samples[1]
	if report.Starts > 0 || last.Wasm > 24<<20 || last.Wasm-first.Wasm > 2<<20 || last.Sent-first.Sent < 200<<20 {
		t.Errorf("%d further programs; Go's memory %d, then %d, while %d bytes were sent", report.Starts, first.Wasm, last.Wasm, last.Sent-first.Sent)
	}
}
