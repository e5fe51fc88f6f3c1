package conformance

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"mixtab/engine/weights"
)

const (
	packOf   = "/packs/" + Small + "/"
	manifest = packOf + weights.ManifestPath
)

// packs asks for whole files.
func (s *suite) packs(t *testing.T) {
	f := s.fixture
	shard := f.small[f.shard]
	quoted := func(name string) string { return `"` + hashOf(bytes.NewReader(f.small[name])) + `"` }
	file := func(name, contentType string) map[string]string {
		return with(shared, "Content-Type", contentType, "Content-Length", strconv.Itoa(len(f.small[name])), "Cache-Control", revalidate,
			"ETag", quoted(name), "Accept-Ranges", "bytes", "Content-Encoding", "", "Last-Modified", "")
	}
	whole := with(file(f.shard, "application/octet-stream"), "Cache-Control", immutable, "Vary", "", "Content-Range", "")
	s.run(t,
		exchange{name: "manifest", path: manifest, status: 200, body: string(f.small[weights.ManifestPath]),
			headers: with(file(weights.ManifestPath, "application/json"), "Vary", "Accept-Encoding")},
		exchange{name: "tokenizer", path: packOf + "tokenizer.model", status: 200, body: string(f.small["tokenizer.model"]),
			headers: file("tokenizer.model", "application/octet-stream")},
		exchange{name: "torrent", path: packOf + "pack.torrent", status: 200, body: string(f.small["pack.torrent"]),
			headers: file("pack.torrent", "application/x-bittorrent")},
		exchange{name: "shard", path: packOf + f.shard, status: 200, body: string(shard), headers: whole},
		exchange{name: "shard with a query", path: packOf + f.shard + "?a=b", status: 200, body: string(shard), headers: whole},
		exchange{name: "shard is never coded", path: packOf + f.shard, header: []string{"Accept-Encoding: gzip, br, zstd"}, status: 200,
			body: string(shard), headers: whole},
		exchange{name: "head of a shard", method: "HEAD", path: packOf + f.shard, status: 200, headers: whole},
		exchange{name: "head of a manifest", method: "HEAD", path: manifest, status: 200,
			headers: file(weights.ManifestPath, "application/json")},
		exchange{name: "name in escapes", path: packOf + strings.ReplaceAll(f.shard, "s", "%73"), status: 200, body: string(shard), headers: whole},
	)
	t.Run("coded manifest", s.codedManifest)
	t.Run("list", s.list)
}

// codedManifest asks for the manifest in gzip, the one coding that is made here and not
// by the build.
func (s *suite) codedManifest(t *testing.T) {
	c := dial(t, s.target)
	plain, err := c.ask("GET", manifest)
	if err != nil {
		t.Fatal(err)
	}
	coded, err := c.ask("GET", manifest, "Accept-Encoding: br, gzip")
	if err != nil {
		t.Fatal(err)
	}
	if got := coded.header.Get("Content-Encoding"); got != "gzip" {
		s.problem(t, "Content-Encoding is %q, want gzip", got)
		return
	}
	if got, want := coded.header.Get("Content-Length"), strconv.Itoa(len(coded.body)); got != want {
		s.problem(t, "Content-Length is %q, want %q", got, want)
	}
	if coded.header.Get("ETag") == plain.header.Get("ETag") {
		s.problem(t, "the coded file has the plain one's ETag %s", plain.header.Get("ETag"))
	}
	text := []byte("no gzip")
	if zr, err := gzip.NewReader(bytes.NewReader(coded.body)); err == nil {
		text, _ = io.ReadAll(zr)
	}
	if !bytes.Equal(text, s.fixture.small[weights.ManifestPath]) {
		s.problem(t, "decoded, the manifest is %.60q", text)
	}
	refused, err := c.ask("GET", manifest, "Accept-Encoding: gzip;q=0")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(refused.body, plain.body) {
		s.problem(t, "a client that refuses gzip gets %.60q", refused.body)
	}
}

// list looks at /packs.json.
func (s *suite) list(t *testing.T) {
	sizes := func(shards []weights.Shard) (n int64) {
		for _, s := range shards {
			n += s.Bytes
		}
		return n
	}
	row := func(name, model, format string, text []byte, more string) string {
		m, err := weights.ParseManifest(text)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(`{"name":%q,"url":"packs/%s/","model":%q,"format":%q,"bytes":%d,"shards":%d%s}`,
			name, name, model, format, sizes(m.Shards), len(m.Shards), more)
	}
	want := `{"default":"` + Small + `","packs":[` + row(Large, "A large pack", "f32", s.fixture.manifest, "") + "," +
		row(Small, "A small pack", "q8", s.fixture.small[weights.ManifestPath], `,"torrent":"packs/small/pack.torrent"`) + "]}\n"
	c := dial(t, s.target)
	got := s.check(t, c, exchange{path: "/packs.json", status: 200, anyBody: true,
		headers: with(shared, "Content-Type", "application/json", "Cache-Control", revalidate)})
	if got != nil && string(got.body) != want {
		s.problem(t, "got %s\nwant %s", got.body, want)
	}
	if got != nil {
		s.check(t, c, exchange{path: "/packs.json", header: []string{"If-None-Match: " + got.header.Get("ETag")}, status: 304})
	}
}

// self asks the server about itself.
func (s *suite) self(t *testing.T) {
	s.run(t,
		exchange{name: "health", path: "/healthz", status: 200, body: "ok\n",
			headers: with(own, "Cache-Control", "no-store", "Content-Type", "text/plain; charset=utf-8")},
		exchange{name: "head of health", method: "HEAD", path: "/healthz", status: 200, headers: map[string]string{"Content-Length": "3"}},
		exchange{name: "ready", path: "/readyz", status: 200, body: "ready\n", headers: with(own, "Cache-Control", "no-store")},
	)
	t.Run("version", func(t *testing.T) {
		got := s.check(t, dial(t, s.target), exchange{path: "/version", status: 200, anyBody: true,
			headers: with(own, "Content-Type", "application/json", "Cache-Control", revalidate)})
		var v struct{ Module, Version, Go string }
		if got != nil && (json.Unmarshal(got.body, &v) != nil || v.Module != "mixtab" || v.Version == "" || !strings.HasPrefix(v.Go, "go1.")) {
			s.problem(t, "got %s", got.body)
		}
	})
}
