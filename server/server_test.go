package server

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

// testPage is a page as the build leaves it.
func testPage() fstest.MapFS {
	page := fstest.MapFS{}
	for name, text := range map[string]string{
		".keep":                        "",
		"index.html":                   "<!doctype html><title>mixtab</title>",
		"index.html.br":                "(index, br)",
		"index.html.gz":                "(index, gzip)",
		"sw.js":                        "self.addEventListener('fetch', () => {})",
		"manifest.webmanifest":         "{}",
		"lib/mixtab.js":                "export {}",
		"assets/mixtab-Ab3dE6_8.wasm":  "\x00asm\x01\x00\x00\x00",
		"assets/index-CvB_93xq.js":     "console.log('a longer text than its codings')",
		"assets/index-CvB_93xq.js.br":  "(js, br)",
		"assets/index-CvB_93xq.js.gz":  "(js, gzip)",
		"assets/index-DD00aa11.css.gz": "(a file without a plain sibling)",
		"about/index.html":             "<title>about</title>",
	} {
		page[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return page
}

// testPack is the smallest whole pack: its shards and tokenizer have the right names,
// its tensors are counted bytes.
func testPack(t testing.TB) fstest.MapFS {
	t.Helper()
	plan, err := weights.NewPlan(weights.Config{
		Architectures: []string{"MixtralForCausalLM"}, ModelType: "mixtral", HiddenAct: "silu",
		Dim: 32, HiddenDim: 32, NLayers: 1, NHeads: 2, NKVHeads: 1, HeadDim: 16, NExperts: 2, NExpertsPerTok: 2,
		VocabSize: 64, MaxPositions: 64, NormEps: 1e-5, RopeTheta: 1e4, BOS: 1, EOS: weights.TokenIDs{2},
	}, quant.Q8, quant.Q8)
	if err != nil {
		t.Fatal(err)
	}
	pack := fstest.MapFS{"secret.txt": {Data: []byte("not in the manifest")}}
	var names []string
	for i, s := range plan.Shards {
		data := make([]byte, s.Bytes)
		for j := range data {
			data[j] = byte(i + j)
		}
		name := contentHash(data)
		names = append(names, name)
		pack[weights.ShardPath(name)] = &fstest.MapFile{Data: data}
	}
	pack[weights.TorrentPath] = &fstest.MapFile{Data: []byte("a torrent")}
	tokenizer := []byte("a tokenizer")
	pack["tokenizer.model"] = &fstest.MapFile{Data: tokenizer}
	m := plan.Manifest(names)
	m.Name = "test"
	m.Tokenizer = weights.Tokenizer{Kind: weights.KindSentencePiece, File: "tokenizer.model", SHA256: contentHash(tokenizer), VocabSize: 64}
	text, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	pack["manifest.json"] = &fstest.MapFile{Data: text}
	return pack
}

// shardOf is the path of the pack's first shard, in the order of names, and its bytes.
func shardOf(t testing.TB, pack fstest.MapFS) (path string, data []byte) {
	t.Helper()
	names, err := fs.Glob(pack, "shards/*.bin")
	if err != nil || len(names) == 0 {
		t.Fatalf("the test pack has no shards (%v)", err)
	}
	return "/packs/test/" + names[0], pack[names[0]].Data
}

func newHandler(t testing.TB, cfg Config) *Handler {
	t.Helper()
	h, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func testHandler(t testing.TB) (http.Handler, fstest.MapFS) {
	pack := testPack(t)
	return newHandler(t, Config{Page: testPage(), Packs: map[string]Store{"test": Files(pack), "demo": Files(pack)}, Default: "demo"}), pack
}

type exchange struct {
	name        string
	method      string // GET if empty
	path        string
	header      map[string]string
	wantStatus  int
	wantHeaders map[string]string // "" wants the header absent
	wantBody    string            // "*" means any
}

func (e exchange) run(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
	t.Helper()
	if e.method == "" {
		e.method = "GET"
	}
	r := httptest.NewRequest(e.method, e.path, nil)
	for k, v := range e.header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != e.wantStatus {
		t.Errorf("status %d, want %d; body %.100q", w.Code, e.wantStatus, w.Body)
	}
	for k, want := range e.wantHeaders {
		if got := w.Header().Get(k); got != want {
			t.Errorf("%s: got %q, want %q", k, got, want)
		}
	}
	if e.wantBody != "*" && w.Body.String() != e.wantBody {
		t.Errorf("body %.200q, want %.200q", w.Body, e.wantBody)
	}
	return w
}

func TestPage(t *testing.T) {
	h, _ := testHandler(t)
	const html = "<!doctype html><title>mixtab</title>"
	for _, e := range []exchange{
		{name: "root", path: "/", wantStatus: 200, wantBody: html, wantHeaders: map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache", "Vary": "Accept-Encoding",
			"Content-Encoding": "", "Content-Length": "36", "Last-Modified": ""}},
		{name: "index", path: "/index.html?x=1", wantStatus: 200, wantBody: html},
		{name: "directory", path: "/about/", wantStatus: 200, wantBody: "<title>about</title>"},
		{name: "head", method: "HEAD", path: "/", wantStatus: 200, wantHeaders: map[string]string{"Content-Length": "36"}},
		{name: "brotli", path: "/", header: map[string]string{"Accept-Encoding": "gzip, deflate, br, zstd"}, wantStatus: 200,
			wantBody: "(index, br)", wantHeaders: map[string]string{
				"Content-Encoding": "br", "Content-Length": "11", "Content-Type": "text/html; charset=utf-8", "Vary": "Accept-Encoding"}},
		{name: "gzip", path: "/", header: map[string]string{"Accept-Encoding": "gzip"}, wantStatus: 200, wantBody: "(index, gzip)",
			wantHeaders: map[string]string{"Content-Encoding": "gzip"}},
		{name: "hashed", path: "/assets/index-CvB_93xq.js", wantStatus: 200, wantBody: "*", wantHeaders: map[string]string{
			"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "public, max-age=31536000, immutable",
			"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}},
		{name: "wasm", path: "/assets/mixtab-Ab3dE6_8.wasm", header: map[string]string{"Accept-Encoding": "br"}, wantStatus: 200,
			wantBody: "\x00asm\x01\x00\x00\x00", wantHeaders: map[string]string{
				"Content-Type": "application/wasm", "Content-Encoding": "", "Vary": ""}},
		{name: "library", path: "/lib/mixtab.js", wantStatus: 200, wantBody: "export {}", wantHeaders: map[string]string{
			"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}},
		{name: "service worker", path: "/sw.js", wantStatus: 200, wantBody: "*", wantHeaders: map[string]string{
			"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "", "Cross-Origin-Resource-Policy": "same-origin"}},
		{name: "web manifest", path: "/manifest.webmanifest", wantStatus: 200, wantBody: "{}",
			wantHeaders: map[string]string{"Content-Type": "application/manifest+json"}},
		{name: "range", path: "/", header: map[string]string{"Range": "bytes=1-8"}, wantStatus: 206, wantBody: "!doctype"},
		{name: "range of a coding", path: "/", header: map[string]string{"Range": "bytes=1-5", "Accept-Encoding": "br"}, wantStatus: 206,
			wantBody: "index", wantHeaders: map[string]string{"Content-Encoding": "br", "Content-Range": "bytes 1-5/11", "Content-Length": "5"}},

		{name: "coded sibling is no name", path: "/index.html.br", wantStatus: 404, wantBody: "*"},
		{name: "coded file without sibling is", path: "/assets/index-DD00aa11.css.gz", wantStatus: 200, wantBody: "*"},
		{name: "hidden", path: "/.keep", wantStatus: 404, wantBody: "*"},
		{name: "missing", path: "/nothing", wantStatus: 404, wantBody: "there is no such page file\n", wantHeaders: map[string]string{
			"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}},
		{name: "folder without slash", path: "/assets", wantStatus: 404, wantBody: "*"},
		{name: "traversal", path: "/assets/../index.html", wantStatus: 404, wantBody: "*"},
		{name: "escaped traversal", path: "/%2e%2e/server.go", wantStatus: 404, wantBody: "*"},
		{name: "double slash", path: "//index.html", wantStatus: 404, wantBody: "*"},

		{name: "post", method: "POST", path: "/", wantStatus: 405, wantBody: "method POST is not allowed here: use GET or HEAD\n",
			wantHeaders: map[string]string{"Allow": "GET, HEAD, OPTIONS"}},
		{name: "options", method: "OPTIONS", path: "/", wantStatus: 204,
			wantHeaders: map[string]string{"Allow": "GET, HEAD, OPTIONS", "Access-Control-Allow-Methods": ""}},
		{name: "health", path: "/healthz", wantStatus: 200, wantBody: "ok\n", wantHeaders: map[string]string{"Cache-Control": "no-store"}},
		{name: "health head", method: "HEAD", path: "/healthz", wantStatus: 200, wantHeaders: map[string]string{"Content-Length": "3"}},
	} {
		t.Run(e.name, func(t *testing.T) { e.run(t, h) })
	}
}

func TestEveryResponseIsSecured(t *testing.T) {
	h, pack := testHandler(t)
	shard, _ := shardOf(t, pack)
	for _, path := range []string{"/", "/nothing", "/assets/index-CvB_93xq.js", "/healthz", "/packs/test/manifest.json", shard} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "DELETE"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
			for k, want := range map[string]string{
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp",
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			} {
				if got := w.Header().Get(k); got != want {
					t.Errorf("%s %s: %s is %q, want %q", method, path, k, got, want)
				}
			}
			if w.Header().Get("Permissions-Policy") == "" {
				t.Errorf("%s %s: no Permissions-Policy", method, path)
			}
			policy := w.Header().Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'self'", "script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self' blob:", "connect-src 'self' https: http://localhost:* http://127.0.0.1:*",
				"require-trusted-types-for 'script'", "trusted-types lit-html mixtab-markdown mixtab-worker mixtab-service-worker",
				"style-src 'self'", "img-src 'self' data: blob:", "base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'"} {
				if !strings.Contains("; "+policy+";", "; "+want+";") {
					t.Errorf("%s %s: the CSP lacks %q: %s", method, path, want, policy)
				}
			}
			if strings.Contains(policy, "unsafe-inline") || strings.Contains(policy, "'unsafe-eval'") {
				t.Errorf("%s %s: the CSP allows code from strings: %s", method, path, policy)
			}
		}
	}
}

func TestETags(t *testing.T) {
	h, pack := testHandler(t)
	shard, _ := shardOf(t, pack)
	seen := make(map[string]string)
	for _, path := range []string{"/", "/assets/index-CvB_93xq.js", "/packs/test/manifest.json", "/packs/test/tokenizer.model", shard, "/version"} {
		codings := []string{"identity", "br", "gzip"}
		if path == shard {
			codings = codings[:1] // it is the same in all of them
		}
		for _, coding := range codings {
			t.Run(path+" "+coding, func(t *testing.T) {
				accept := map[string]string{"Accept-Encoding": coding}
				etag := exchange{path: path, header: accept, wantStatus: 200, wantBody: "*"}.run(t, h).Header().Get("ETag")
				if len(etag) < 4 || etag[0] != '"' || etag[len(etag)-1] != '"' {
					t.Fatalf("ETag %s is not a strong one", etag)
				}
				with := func(key, value string) map[string]string {
					m := maps.Clone(accept)
					m[key] = value
					return m
				}
				exchange{path: path, header: with("If-None-Match", etag), wantStatus: 304,
					wantHeaders: map[string]string{"ETag": etag, "Content-Length": "", "Content-Type": ""}}.run(t, h)
				exchange{path: path, header: with("If-None-Match", `"other", W/`+etag), wantStatus: 304}.run(t, h)
				exchange{path: path, header: with("If-None-Match", `"other"`), wantStatus: 200, wantBody: "*"}.run(t, h)
				exchange{path: path, header: with("If-Match", `"other"`), wantStatus: 412, wantBody: "*"}.run(t, h)
				body := exchange{path: path, header: accept, wantStatus: 200, wantBody: "*"}.run(t, h).Body.String()
				if other, twice := seen[etag]; twice && other != body {
					t.Errorf("two bodies have the ETag %s", etag)
				}
				seen[etag] = body
			})
		}
	}
}

// The page opens the demo. Where that is not served, its bare address leads on to the
// default pack.
func TestWithoutDemo(t *testing.T) {
	h := newHandler(t, Config{Page: testPage(), Packs: map[string]Store{"other": Files(testPack(t)), "test": Files(testPack(t))}, Default: "test"})
	for path, want := range map[string]string{"/": "?pack=packs/test/", "/?q=a%20b": "?pack=packs/test/&q=a%20b"} {
		exchange{path: path, wantStatus: 302, wantHeaders: map[string]string{"Location": want, "Cache-Control": "no-cache"}}.run(t, h)
	}
	exchange{path: "/?pack=packs/other/", wantStatus: 200, wantBody: "*"}.run(t, h)
	exchange{path: "/lib/mixtab.js", wantStatus: 200, wantBody: "*"}.run(t, h)
}

func TestWithoutPage(t *testing.T) {
	for name, page := range map[string]fs.FS{"empty": fstest.MapFS{}, "only kept": fstest.MapFS{".keep": {}}} {
		t.Run(name, func(t *testing.T) {
			h := newHandler(t, Config{Page: page, Packs: map[string]Store{"test": Files(testPack(t))}})
			exchange{path: "/index.html", wantStatus: 503, wantBody: "The page is not built: run make build, then start the server again.\n",
				wantHeaders: map[string]string{"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}}.run(t, h)
			exchange{path: "/packs/test/manifest.json", wantStatus: 200, wantBody: "*"}.run(t, h)
			exchange{path: "/healthz", wantStatus: 200, wantBody: "ok\n"}.run(t, h)
		})
	}
}

func TestPageElsewhere(t *testing.T) {
	h := newHandler(t, Config{Packs: map[string]Store{"test": Files(testPack(t))}})
	exchange{path: "/index.html", wantStatus: 404, wantBody: "there is no such page file\n"}.run(t, h)
}

func TestVersion(t *testing.T) {
	h, _ := testHandler(t)
	w := exchange{path: "/version", wantStatus: 200, wantBody: "*", wantHeaders: map[string]string{"Content-Type": "application/json"}}.run(t, h)
	var v struct{ Module, Version, Go string }
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || v.Module != "mixtab" || v.Version == "" || !strings.HasPrefix(v.Go, "go1.") {
		t.Errorf("got %s (%v)", w.Body, err)
	}
}

func TestAccessLogIsDebugOnly(t *testing.T) {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo} {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))
		h := newHandler(t, Config{Page: testPage(), Logger: log})
		exchange{path: "/nothing", wantStatus: 404, wantBody: "*"}.run(t, h)
		exchange{path: "/about/", wantStatus: 200, wantBody: "*"}.run(t, h)
		got := out.String()
		if level == slog.LevelInfo && got != "" {
			t.Errorf("at level info: %s", got)
		}
		if level == slog.LevelDebug && (!strings.Contains(got, "path=/nothing") || !strings.Contains(got, "status=404") ||
			!strings.Contains(got, "status=200 bytes=20")) {
			t.Errorf("at level debug: %s", got)
		}
	}
}

// unseekable is a file system whose files cannot seek, as an archive's cannot.
type unseekable struct{ fs.FS }

func (u unseekable) Open(name string) (fs.File, error) {
	f, err := u.FS.Open(name)
	if _, isDir := f.(fs.ReadDirFile); isDir || err != nil {
		return f, err
	}
	return struct{ fs.File }{f}, nil
}

func TestFilesThatCannotSeek(t *testing.T) {
	page := testPage()
	f, err := unseekable{page}.Open("index.html")
	if _, seeks := f.(io.Seeker); seeks || err != nil {
		t.Fatalf("the test's files seek (%v)", err)
	}
	h := newHandler(t, Config{Page: unseekable{page}})
	exchange{path: "/about/", wantStatus: 200, wantBody: "<title>about</title>"}.run(t, h)
	exchange{path: "/about/", header: map[string]string{"Range": "bytes=7-11"}, wantStatus: 206, wantBody: "about"}.run(t, h)
}

// deadlineRecorder is a ResponseWriter with deadlines.
type deadlineRecorder struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (d *deadlineRecorder) SetWriteDeadline(t time.Time) error {
	d.deadline = t
	return nil
}

// A connection keeps its deadline from one response to the next, so every response has
// to set its own.
func TestEveryResponseHasADeadline(t *testing.T) {
	pack := testPack(t)
	big := testPage()
	big["big.bin"] = &fstest.MapFile{Data: make([]byte, 10<<20)}
	h := newHandler(t, Config{Page: big, Packs: map[string]Store{"test": Files(pack)}})
	shard, _ := shardOf(t, pack)
	for _, c := range []struct {
		method, path string
		seconds      float64
	}{
		{"GET", "/", 60}, {"GET", "/healthz", 60}, {"GET", "/nothing", 60}, {"PUT", "/", 60}, {"OPTIONS", shard, 60},
		{"GET", "/packs/other/manifest.json", 60}, {"GET", shard, 60}, {"GET", "/big.bin", 60 + 640},
	} {
		w := &deadlineRecorder{ResponseRecorder: httptest.NewRecorder()}
		h.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if got := time.Until(w.deadline).Seconds(); got > c.seconds || got < c.seconds-5 {
			t.Errorf("%s %s: has %.0f s, want %.0f s", c.method, c.path, got, c.seconds)
		}
	}
}
