package server

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

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
