package main

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"mixtab/demo"
	"mixtab/server"
)

// A seed is the demo's pack in a folder, with a server of packs in front of it.
type seed struct {
	dir    string
	url    string // of the folder above the packs
	served atomic.Int64
	spoil  spoiler
}

// A spoiler may change the bytes that are sent from a place of a file on.
type spoiler func(file string, at int64, b []byte)

// newSeed starts it, with a torrent made as by the command. Without a webSeed, the torrent
// names the trackers only.
func newSeed(t *testing.T, o options, webSeed bool, spoil spoiler) *seed {
	t.Helper()
	s := &seed{dir: filepath.Join(t.TempDir(), "tiny"), spoil: spoil}
	copyDemo(t, s.dir)
	var handler atomic.Pointer[server.Handler]
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.Load().ServeHTTP(&counted{ResponseWriter: w, seed: s, file: strings.TrimPrefix(r.URL.Path, "/packs/tiny/")}, r)
	}))
	t.Cleanup(site.Close)
	s.url = site.URL + "/packs/"
	o.pack = s.dir
	if webSeed {
		o.webSeeds = append(o.webSeeds, s.url)
	}
	if _, err := create(t.Context(), o, nil); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	h, err := server.New(t.Context(), server.Config{Packs: map[string]server.Store{"tiny": server.Files(root.FS())}})
	if err != nil {
		t.Fatal(err)
	}
	handler.Store(h)
	return s
}

func copyDemo(t *testing.T, dir string) {
	t.Helper()
	err := os.CopyFS(dir, demo.FS())
	if err == nil {
		err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			return errors.Join(err, os.Chmod(name, map[bool]fs.FileMode{true: 0o755, false: 0o644}[d.IsDir()]))
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// counted counts what is sent, and lets the seed spoil it.
type counted struct {
	http.ResponseWriter
	seed *seed
	file string
	at   int64
}

func (c *counted) WriteHeader(code int) {
	if code == http.StatusPartialContent {
		fmt.Sscanf(c.Header().Get("Content-Range"), "bytes %d-", &c.at)
	}
	c.ResponseWriter.WriteHeader(code)
}

func (c *counted) Write(b []byte) (int, error) {
	if c.seed.spoil != nil {
		b = bytes.Clone(b)
		c.seed.spoil(c.file, c.at, b)
	}
	n, err := c.ResponseWriter.Write(b)
	c.at += int64(n)
	c.seed.served.Add(int64(n))
	return n, err
}

// A client by BEP 3 and 19 that shares nothing with the library: it reads the torrent with
// a decoder of its own, and fetches each piece by ranges of the files.
func TestWebSeed(t *testing.T) {
	s := newSeed(t, options{}, true, nil)
	raw := get(t, s.url+"tiny/pack.torrent", "")
	value, rest := decode(string(raw))
	if rest != "" {
		t.Fatalf("%d bytes behind the torrent", len(rest))
	}
	meta := value.(map[string]any)
	info := meta["info"].(map[string]any)
	root := meta["url-list"].([]any)[0].(string) + info["name"].(string) + "/"
	length, sums := info["piece length"].(int), info["pieces"].(string)
	type piece struct{ url, bytes string }
	var ranges [][]piece
	left := 0 // of the last piece
	for _, f := range info["files"].([]any) {
		file := f.(map[string]any)
		var names []string
		for _, name := range file["path"].([]any) {
			names = append(names, name.(string))
		}
		for at, size := 0, file["length"].(int); at < size; {
			if left == 0 {
				ranges, left = append(ranges, nil), length
			}
			n := min(left, size-at)
			last := &ranges[len(ranges)-1]
			*last = append(*last, piece{root + strings.Join(names, "/"), fmt.Sprintf("bytes=%d-%d", at, at+n-1)})
			at, left = at+n, left-n
		}
	}
	if len(ranges) != 26 || len(sums) != 26*sha1.Size {
		t.Fatalf("%d pieces and %d bytes of sums, want 26", len(ranges), len(sums))
	}
	for i, parts := range ranges {
		h := sha1.New()
		for _, p := range parts {
			h.Write(get(t, p.url, p.bytes))
		}
		if got := string(h.Sum(nil)); got != sums[i*sha1.Size:][:sha1.Size] {
			t.Errorf("piece %d has the sum %x", i, got)
		}
	}
}

func get(t *testing.T, url, bytes string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := http.StatusOK
	if bytes != "" {
		r.Header.Set("Range", bytes)
		want = http.StatusPartialContent
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		t.Fatalf("%s %s: %s, %v", url, bytes, resp.Status, err)
	}
	return b
}

// decode reads one bencoded value, and panics at what is none.
func decode(s string) (value any, rest string) {
	switch s[0] {
	case 'i':
		digits, rest, _ := strings.Cut(s[1:], "e")
		n, err := strconv.Atoi(digits)
		if err != nil {
			panic(err)
		}
		return n, rest
	case 'l':
		list := []any{}
		for s = s[1:]; s[0] != 'e'; {
			value, s = decode(s)
			list = append(list, value)
		}
		return list, s[1:]
	case 'd':
		dict := map[string]any{}
		for s = s[1:]; s[0] != 'e'; {
			var key any
			key, s = decode(s)
			dict[key.(string)], s = decode(s)
		}
		return dict, s[1:]
	}
	digits, rest, _ := strings.Cut(s, ":")
	n, err := strconv.Atoi(digits)
	if err != nil {
		panic(err)
	}
	return rest[:n], rest[n:]
}
