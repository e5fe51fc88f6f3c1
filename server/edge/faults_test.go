//go:build !js

package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"mixtab/server/edge/workerd"
)

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
		waiting := s.asking(t, "/packs/silent/"+shard)
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
