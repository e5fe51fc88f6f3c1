package server

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"mixtab/engine/weights"
)

func TestPack(t *testing.T) {
	h, pack := testHandler(t)
	shard, data := shardOf(t, pack)
	body, size := string(data), strconv.Itoa(len(data))
	hash := strings.TrimSuffix(shard[strings.LastIndex(shard, "/")+1:], ".bin")
	etag := `"` + hash + `"`
	manifest := string(pack["manifest.json"].Data)
	zipped := string(newBlob(pack["manifest.json"].Data, "").zipped)
	with := func(kv ...string) map[string]string {
		m := make(map[string]string)
		for i := 0; i < len(kv); i += 2 {
			m[kv[i]] = kv[i+1]
		}
		return m
	}
	shared := map[string]string{"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
		"Access-Control-Expose-Headers": "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, ETag"}
	whole := map[string]string{"Content-Length": size, "ETag": etag, "Accept-Ranges": "bytes", "Content-Range": "",
		"Cache-Control": "public, max-age=31536000, immutable", "Content-Type": "application/octet-stream", "Content-Encoding": "", "Vary": ""}
	for _, e := range []exchange{
		{name: "index", path: "/packs.json", wantStatus: 200, wantBody: `{"default":"demo","packs":[` + listed("demo", pack) + `,` + listed("test", pack) + `]}` + "\n", wantHeaders: shared},
		{name: "manifest", path: "/packs/test/manifest.json", wantStatus: 200, wantBody: manifest, wantHeaders: with(
			"Content-Type", "application/json", "Cache-Control", "no-cache", "ETag", `"`+contentHash([]byte(manifest))+`"`, "Vary", "Accept-Encoding")},
		{name: "manifest zipped", path: "/packs/test/manifest.json", header: with("Accept-Encoding", "br, gzip"), wantStatus: 200, wantBody: zipped,
			wantHeaders: with("Content-Encoding", "gzip", "Content-Length", strconv.Itoa(len(zipped)))},
		{name: "manifest cors", path: "/packs/test/manifest.json", wantStatus: 200, wantBody: manifest, wantHeaders: shared},
		{name: "tokenizer", path: "/packs/test/tokenizer.model", wantStatus: 200, wantBody: "a tokenizer", wantHeaders: with(
			"Content-Type", "application/octet-stream", "Cache-Control", "no-cache", "ETag", `"`+contentHash([]byte("a tokenizer"))+`"`)},

		{name: "torrent", path: "/packs/test/pack.torrent", wantStatus: 200, wantBody: "a torrent", wantHeaders: with(
			"Content-Type", "application/x-bittorrent", "Cache-Control", "no-cache", "ETag", `"`+contentHash([]byte("a torrent"))+`"`)},

		{name: "shard", path: shard, wantStatus: 200, wantBody: body, wantHeaders: whole},
		{name: "shard is never coded", path: shard, header: with("Accept-Encoding", "gzip, br"), wantStatus: 200, wantBody: body, wantHeaders: whole},
		{name: "shard cors", path: shard, wantStatus: 200, wantBody: body, wantHeaders: shared},
		{name: "head", method: "HEAD", path: shard, wantStatus: 200, wantHeaders: whole},
		{name: "head ignores ranges", method: "HEAD", path: shard, header: with("Range", "bytes=0-9"), wantStatus: 200, wantHeaders: whole},
		{name: "not modified", path: shard, header: with("If-None-Match", etag), wantStatus: 304,
			wantHeaders: with("ETag", etag, "Cache-Control", "public, max-age=31536000, immutable")},
		{name: "head not modified", method: "HEAD", path: shard, header: with("If-None-Match", etag), wantStatus: 304},

		{name: "closed range", path: shard, header: with("Range", "bytes=2-5"), wantStatus: 206, wantBody: body[2:6], wantHeaders: with(
			"Content-Range", "bytes 2-5/"+size, "Content-Length", "4", "ETag", etag, "Content-Type", "application/octet-stream")},
		{name: "open range", path: shard, header: with("Range", "bytes=10-"), wantStatus: 206, wantBody: body[10:]},
		{name: "suffix range", path: shard, header: with("Range", "bytes=-3"), wantStatus: 206, wantBody: body[len(body)-3:]},
		{name: "range past the end", path: shard, header: with("Range", "bytes=10-99999999"), wantStatus: 206, wantBody: body[10:]},
		{name: "whole as a range", path: shard, header: with("Range", "bytes=0-"), wantStatus: 206, wantBody: body},
		{name: "range cors", path: shard, header: with("Range", "bytes=0-0"), wantStatus: 206, wantBody: body[:1], wantHeaders: shared},
		{name: "unsatisfiable", path: shard, header: with("Range", "bytes=99999999-"), wantStatus: 416, wantBody: "*",
			wantHeaders: with("Content-Range", "bytes */"+size, "Cache-Control", "", "ETag", "")},
		{name: "backwards", path: shard, header: with("Range", "bytes=5-2"), wantStatus: 416, wantBody: "*"},
		{name: "no number", path: shard, header: with("Range", "bytes=a-b"), wantStatus: 416, wantBody: "*"},
		{name: "two ranges", path: shard, header: with("Range", "bytes=0-1,4-5"), wantStatus: 200, wantBody: body, wantHeaders: whole},
		{name: "other unit", path: shard, header: with("Range", "items=0-1"), wantStatus: 200, wantBody: body, wantHeaders: whole},
		{name: "if-range same", path: shard, header: with("Range", "bytes=2-5", "If-Range", etag), wantStatus: 206, wantBody: body[2:6]},
		{name: "if-range other", path: shard, header: with("Range", "bytes=2-5", "If-Range", `"other"`), wantStatus: 200, wantBody: body, wantHeaders: whole},
		{name: "if-range weak", path: shard, header: with("Range", "bytes=2-5", "If-Range", "W/"+etag), wantStatus: 200, wantBody: body},
		{name: "if-range date", path: shard, header: with("Range", "bytes=2-5", "If-Range", "Mon, 23 Nov 2026 19:00:00 GMT"), wantStatus: 200, wantBody: body},

		{name: "preflight", method: "OPTIONS", path: shard, header: with("Origin", "https://example.com", "Access-Control-Request-Method", "GET",
			"Access-Control-Request-Headers", "range"), wantStatus: 204, wantHeaders: with("Access-Control-Allow-Origin", "*",
			"Access-Control-Allow-Methods", "GET, HEAD", "Access-Control-Allow-Headers", "If-Match, If-None-Match, If-Range, Range",
			"Access-Control-Max-Age", "86400")},
		{name: "put", method: "PUT", path: shard, wantStatus: 405, wantBody: "*", wantHeaders: with("Allow", "GET, HEAD, OPTIONS")},

		{name: "other pack", path: "/packs/other/manifest.json", wantStatus: 404,
			wantBody: "there is no such pack: /packs.json lists them\n", wantHeaders: shared},
		{name: "no pack", path: "/packs/", wantStatus: 404, wantBody: "*"},
		{name: "pack folder", path: "/packs/test/", wantStatus: 404, wantBody: "*"},
		{name: "shard folder", path: "/packs/test/shards/", wantStatus: 404, wantBody: "*"},
		{name: "unlisted file", path: "/packs/test/secret.txt", wantStatus: 404, wantBody: "this pack has no such file: its manifest.json names them all\n"},
		{name: "unlisted hash", path: "/packs/test/shards/" + strings.Repeat("0", 64) + ".bin", wantStatus: 404, wantBody: "*"},
		{name: "hash in capitals", path: "/packs/test/shards/" + strings.ToUpper(hash) + ".bin", wantStatus: 404, wantBody: "*"},
		{name: "hash without ending", path: "/packs/test/shards/" + hash, wantStatus: 404, wantBody: "*"},
		{name: "hash outside shards", path: "/packs/test/" + hash + ".bin", wantStatus: 404, wantBody: "*"},
		{name: "traversal", path: "/packs/test/shards/../secret.txt", wantStatus: 404, wantBody: "*"},
		{name: "escaped traversal", path: "/packs/test/shards/..%2fsecret.txt", wantStatus: 404, wantBody: "*"},
		{name: "escaped slash", path: "/packs/test/shards%2f" + hash + ".bin", wantStatus: 200, wantBody: body}, // the same name, by RFC 3986's rules
	} {
		t.Run(e.name, func(t *testing.T) { e.run(t, h) })
	}
}

// listed is what /packs.json tells of the test pack under a name.
func listed(name string, pack fstest.MapFS) string {
	bytes, shards := 0, 0
	for file, f := range pack {
		if strings.HasPrefix(file, "shards/") {
			bytes += len(f.Data)
			shards++
		}
	}
	return fmt.Sprintf(`{"name":%q,"url":"packs/%s/","model":"test","format":"q8","bytes":%d,"shards":%d,"torrent":"packs/%s/pack.torrent"}`,
		name, name, bytes, shards, name)
}

func TestTwoRangeHeaders(t *testing.T) {
	h, pack := testHandler(t)
	shard, data := shardOf(t, pack)
	r := httptest.NewRequest("GET", shard, nil)
	r.Header["Range"] = []string{"bytes=0-1", "bytes=4-5"}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 200 || w.Body.String() != string(data) {
		t.Errorf("status %d and %d bytes, want all %d", w.Code, w.Body.Len(), len(data))
	}
}

func TestDefaultPack(t *testing.T) {
	pack := testPack(t)
	a, b := Files(pack), Files(pack)
	for _, c := range []struct {
		name, def, want string
		packs           map[string]Store
	}{
		{"none", "", `{"default":"","packs":[]}`, nil},
		{"one", "", `{"default":"a","packs":[` + listed("a", pack) + `]}`, map[string]Store{"a": a}},
		{"named", "b", `{"default":"b","packs":[` + listed("a", pack) + `,` + listed("b", pack) + `]}`, map[string]Store{"a": a, "b": b}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHandler(t, Config{Packs: c.packs, Default: c.def})
			exchange{path: "/packs.json", wantStatus: 200, wantBody: c.want + "\n"}.run(t, h)
		})
	}
	if _, err := New(t.Context(), Config{Packs: map[string]Store{"a": a, "b": b}}); err == nil || !strings.Contains(err.Error(), "default pack") {
		t.Errorf("two packs and no default: got %v", err)
	}
}

func TestBadPacks(t *testing.T) {
	shard := func(p fstest.MapFS) string {
		path, _ := shardOf(t, p)
		return strings.TrimPrefix(path, "/packs/test/")
	}
	for _, c := range []struct {
		name  string
		spoil func(p fstest.MapFS)
		want  string // a pattern
	}{
		{"empty folder", func(p fstest.MapFS) { clear(p) }, `manifest\.json is missing: name a pack that tools/pack wrote`},
		{"truncated manifest", func(p fstest.MapFS) { p["manifest.json"].Data = p["manifest.json"].Data[:100] }, `manifest\.json: .*damaged`},
		{"newer manifest", func(p fstest.MapFS) { p["manifest.json"].Data = []byte(`{"version":99}`) }, `version 99.*update mixtab`},
		{"missing shard", func(p fstest.MapFS) { delete(p, shard(p)) }, `shards/[0-9a-f]{64}\.bin is missing: copy the pack again`},
		{"truncated shard", func(p fstest.MapFS) { f := p[shard(p)]; f.Data = f.Data[:7] }, `shards/[0-9a-f]{64}\.bin has 7 bytes instead of \d+: delete it`},
		{"shard is a folder", func(p fstest.MapFS) { n := shard(p); delete(p, n); p[n+"/x"] = &fstest.MapFile{} }, `shards/[0-9a-f]{64}\.bin: is a folder`},
		{"missing tokenizer", func(p fstest.MapFS) { delete(p, "tokenizer.model") }, `tokenizer\.model is missing: copy`},
		{"other tokenizer", func(p fstest.MapFS) { p["tokenizer.model"].Data = []byte("another") }, `tokenizer\.model is not the tokenizer`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := testPack(t)
			c.spoil(p)
			_, err := New(t.Context(), Config{Packs: map[string]Store{"broken": Files(p)}})
			if err == nil {
				t.Fatal("no error")
			}
			text := err.Error()
			if !regexp.MustCompile(c.want).MatchString(text) || !strings.HasPrefix(text, "pack broken: ") || strings.Contains(text, "\n") {
				t.Errorf("got %q, want one line that matches %q and names the pack", text, c.want)
			}
		})
	}
	for _, name := range []string{"", ".", "../x", "a/b", "Demo", "a b", strings.Repeat("a", 65)} {
		if _, err := New(t.Context(), Config{Packs: map[string]Store{name: Files(testPack(t))}}); err == nil {
			t.Errorf("the pack name %q is taken", name)
		}
	}
}

func TestPackWithoutTokenizer(t *testing.T) {
	p := testPack(t)
	m, err := weights.ParseManifest(p["manifest.json"].Data)
	if err != nil {
		t.Fatal(err)
	}
	m.Tokenizer = weights.Tokenizer{Kind: weights.KindNone}
	if p["manifest.json"].Data, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	h := newHandler(t, Config{Packs: map[string]Store{"test": Files(p)}})
	exchange{path: "/packs/test/tokenizer.model", wantStatus: 404, wantBody: "*"}.run(t, h)
}

// What left under a hash is kept for ever, so a shard that changes after the start must
// not be served.
func TestShardThatChanges(t *testing.T) {
	h, pack := testHandler(t)
	shard, data := shardOf(t, pack)
	name := strings.TrimPrefix(shard, "/packs/test/")
	exchange{path: shard, wantStatus: 200, wantBody: string(data)}.run(t, h)
	pack[name].Data = data[:5]
	exchange{path: shard, wantStatus: 502, wantBody: "*", wantHeaders: map[string]string{"Cache-Control": "no-store", "ETag": ""}}.run(t, h)
	delete(pack, name)
	exchange{path: shard, wantStatus: 404, wantBody: "*", wantHeaders: map[string]string{"Cache-Control": "no-store", "ETag": ""}}.run(t, h)
}
