//go:build !js

package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"mixtab/server"
	"mixtab/server/conformance"
	"mixtab/server/edge/workerd"
)

// The page as Cloudflare serves it: its files carry the headers, and have the bytes, that
// they have from one box.
func TestPage(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), t.TempDir()
	if err := conformance.Write(dir); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(dir, "page")
	if text, err := exec.Command("go", "run", "./page", "-in", page, "-out", out).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	pack := filepath.Join(dir, "packs", conformance.Small)
	s := start(t, workerd.Settings{Packs: map[string]string{conformance.Small: pack}, Page: out})
	box, err := server.New(t.Context(), server.Config{Page: os.DirFS(page), Packs: map[string]server.Store{conformance.Small: server.Files(os.DirFS(pack))}})
	if err != nil {
		t.Fatal(err)
	}

	// What Cloudflare makes by itself: its own ETags, codings and ranges.
	own := []string{"Accept-Ranges", "Cf-Cache-Status", "Content-Length", "Date", "Etag", "Transfer-Encoding", "Vary"}
	compared := func(h http.Header) http.Header {
		h = h.Clone()
		for _, name := range own {
			h.Del(name)
		}
		return h
	}
	client := http.Client{
		Transport:     &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for _, path := range []string{
		"/index.html", "/about/index.html", "/about/", "/sw.js", "/manifest.webmanifest", "/lib/mixtab.js", "/assets/mixtab-Ab3dE6_8.wasm",
		"/assets/index-CvB_93xq.js", "/workers/main-Zy9_xW0v.js", "/", "/?q=1", "/?pack=packs/small/", "/nothing", "/nothing/", "/assets/nothing.js", "/workers/nothing.js", "/assets/index-CvB_93xq.js.br",
		"/.hidden", "/_headers",
	} {
		t.Run(path, func(t *testing.T) {
			w := httptest.NewRecorder()
			box.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			resp, err := client.Get(s.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			body := make([]byte, 1<<20)
			n, _ := resp.Body.Read(body)
			resp.Body.Close()
			if resp.StatusCode != w.Code || string(body[:n]) != w.Body.String() {
				t.Errorf("status %d %.60q, want %d %.60q", resp.StatusCode, body[:n], w.Code, w.Body)
			}
			got, want := compared(resp.Header), compared(w.Header())
			for _, name := range slices.Sorted(maps.Keys(want)) {
				if !slices.Equal(got[name], want[name]) {
					t.Errorf("%s is %q, want %q", name, got[name], want[name])
				}
				delete(got, name)
			}
			if len(got) > 0 {
				t.Errorf("there are more headers: %v", got)
			}
		})
	}
}
