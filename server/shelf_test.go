package server

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"
)

// moody is a bucket that has bad moments. It is no Sizer.
type moody struct {
	Store
	bad    atomic.Bool
	opened atomic.Int64
}

func (m *moody) Open(ctx context.Context, name string) (*Object, error) {
	m.opened.Add(1)
	if m.bad.Load() {
		return nil, errors.New("503 slow down")
	}
	return m.Store.Open(ctx, name)
}

func TestBrokenPack(t *testing.T) {
	bucket := &moody{Store: Files(testPack(t))}
	bucket.bad.Store(true)
	pack := testPack(t)
	shard, data := shardOf(t, pack)
	var told []string
	h := newHandler(t, Config{Packs: map[string]Store{"test": bucket, "whole": Files(pack)}, Default: "test",
		Broken: func(pack string, err error) { told = append(told, pack+": "+err.Error()) }})
	const want = "test: 503 slow down: name a pack that tools/pack wrote"
	if len(told) != 1 || told[0] != want {
		t.Errorf("told %q, want %q", told, want)
	}

	listOf := func(packs string) string { return `{"default":"test","packs":[` + packs + "]}\n" }
	broken := func() {
		t.Helper()
		exchange{path: shard, wantStatus: 503, wantBody: "this pack cannot be read at the moment: try again in a while\n",
			wantHeaders: map[string]string{"Retry-After": "10", "Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}}.run(t, h)
	}
	broken()
	exchange{path: "/packs/whole/manifest.json", wantStatus: 200, wantBody: "*"}.run(t, h)
	exchange{path: "/packs.json", wantStatus: 200, wantBody: listOf(listed("whole", pack))}.run(t, h)
	exchange{path: "/readyz", wantStatus: 503, wantBody: "the default pack cannot be read at the moment\n"}.run(t, h)
	exchange{path: "/healthz", wantStatus: 200, wantBody: "ok\n"}.run(t, h)

	// It is opened again once in a while, not for each request.
	bucket.bad.Store(false)
	broken()
	h.shelf.slots["test"].tried.Store(time.Now().Add(-tryAgain).Unix())
	exchange{path: shard, wantStatus: 200, wantBody: string(data)}.run(t, h)
	exchange{path: "/packs.json", wantStatus: 200, wantBody: listOf(listed("test", pack) + "," + listed("whole", pack))}.run(t, h)
	exchange{path: "/readyz", wantStatus: 200, wantBody: "ready\n"}.run(t, h)

	// A bad moment later is one request's.
	bucket.bad.Store(true)
	exchange{path: shard, wantStatus: 502, wantBody: "*", wantHeaders: map[string]string{"Cache-Control": "no-store", "ETag": ""}}.run(t, h)
	exchange{path: "/packs/test/manifest.json", wantStatus: 200, wantBody: "*"}.run(t, h)
}

// Without Broken, the first of the packs that cannot be opened is New's error.
func TestBrokenPackIsAnError(t *testing.T) {
	bucket := &moody{Store: Files(testPack(t))}
	bucket.bad.Store(true)
	_, err := New(t.Context(), Config{Packs: map[string]Store{"test": bucket, "whole": Files(testPack(t))}, Default: "whole"})
	if want := "pack test: 503 slow down: name a pack that tools/pack wrote"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A bucket is asked for the few small files at the start, and for no shard.
func TestBucketsAreTrusted(t *testing.T) {
	pack := testPack(t)
	shard, _ := shardOf(t, pack)
	bucket := &moody{Store: Files(pack)}
	delete(pack, shard[len("/packs/test/"):])
	h := newHandler(t, Config{Packs: map[string]Store{"test": bucket}})
	if n := bucket.opened.Load(); n != 3 {
		t.Errorf("%d files were opened at the start, want 3: manifest, tokenizer, torrent", n)
	}
	exchange{path: shard, wantStatus: 404, wantBody: "*", wantHeaders: map[string]string{"Cache-Control": "no-store", "ETag": ""}}.run(t, h)
}

func TestReadyUntilStopped(t *testing.T) {
	h := newHandler(t, Config{})
	for _, method := range []string{"GET", "HEAD"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/readyz", nil))
		if w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", method, w.Code, w.Header())
		}
	}
	h.Stop()
	exchange{path: "/readyz", wantStatus: 503, wantBody: "stopping\n"}.run(t, h)
	exchange{path: "/healthz", wantStatus: 200, wantBody: "ok\n"}.run(t, h)
}

// trusting is a bucket that is not asked for the size of a shard before its content.
type trusting struct {
	moody
	sized  int64 // the size that it was told last
	looked int   // how often it was asked whether a file is there
}

func (s *trusting) OpenSized(name string, size int64) *Object {
	s.sized = size
	object, err := s.Store.Open(context.Background(), name)
	if err != nil {
		return InMemory(nil) // a real one would find out later
	}
	return object
}

func (s *trusting) Look(ctx context.Context, name string, size int64) error {
	s.looked++
	object, err := s.Store.Open(ctx, name)
	if err == nil && object.Size != size {
		err = errors.New("another size")
	}
	return err
}

func TestTrustingStore(t *testing.T) {
	pack := testPack(t)
	bucket := &trusting{moody: moody{Store: Files(pack)}}
	h := newHandler(t, Config{Packs: map[string]Store{"test": bucket}})
	opened := bucket.opened.Load()
	shard, data := shardOf(t, pack)
	exchange{path: shard, wantStatus: 200, wantBody: string(data)}.run(t, h)
	if bucket.sized != int64(len(data)) || bucket.opened.Load() != opened || bucket.looked != 0 {
		t.Errorf("told the size %d of %d; opened %d times, looked for %d times", bucket.sized, len(data), bucket.opened.Load()-opened, bucket.looked)
	}
	// An answer without content would not tell.
	exchange{method: "HEAD", path: shard, wantStatus: 200}.run(t, h)
	name := shard[len("/packs/test/"):]
	pack[name].Data = data[1:]
	exchange{method: "HEAD", path: shard, wantStatus: 502, wantBody: "*", wantHeaders: map[string]string{"ETag": ""}}.run(t, h)
	delete(pack, name)
	exchange{method: "HEAD", path: shard, wantStatus: 404, wantBody: "*", wantHeaders: map[string]string{"ETag": ""}}.run(t, h)
	if bucket.looked != 3 {
		t.Errorf("looked for %d times, want 3", bucket.looked)
	}
}

// A bucket's tokenizer is read when it is asked for first, and then kept.
func TestTokenizerOfATrustingStore(t *testing.T) {
	pack := testPack(t)
	bucket := &trusting{moody: moody{Store: Files(pack)}}
	var told []string
	h := newHandler(t, Config{Packs: map[string]Store{"test": bucket}, Broken: func(pack string, err error) { told = append(told, pack+": "+err.Error()) }})
	if n := bucket.opened.Load(); n != 2 {
		t.Errorf("%d files were opened at the start, want 2: manifest and torrent", n)
	}
	const path, name = "/packs/test/tokenizer.model", "tokenizer.model"
	whole := pack[name].Data
	pack[name].Data = []byte("another")
	exchange{path: path, wantStatus: 502, wantBody: name + " cannot be read where the server keeps it\n", wantHeaders: map[string]string{"ETag": ""}}.run(t, h)
	delete(pack, name)
	exchange{path: path, wantStatus: 404, wantBody: name + " has gone from where the server keeps it\n", wantHeaders: map[string]string{"ETag": ""}}.run(t, h)
	if len(told) != 2 || !strings.HasPrefix(told[0], "test: tokenizer.model is not the tokenizer that the manifest names: ") || !strings.HasPrefix(told[1], "test: open tokenizer.model: ") {
		t.Errorf("told %q", told)
	}
	pack[name] = &fstest.MapFile{Data: whole}
	for range 2 {
		exchange{path: path, wantStatus: 200, wantBody: string(whole)}.run(t, h)
	}
	if n := bucket.opened.Load(); n != 5 {
		t.Errorf("%d files were opened, want 5: the tokenizer thrice after the start", n)
	}
}

// What is not about packs is answered before any of them has been read.
func TestPacksThatAreOpenedLater(t *testing.T) {
	bucket := &moody{Store: Files(testPack(t))}
	h := newHandler(t, Config{Page: testPage(), Packs: map[string]Store{"test": bucket}, Later: true})
	exchange{path: "/healthz", wantStatus: 200, wantBody: "ok\n"}.run(t, h)
	exchange{path: "/", wantStatus: 302, wantHeaders: map[string]string{"Location": "?pack=packs/test/"}}.run(t, h)
	exchange{path: "/packs/other/manifest.json", wantStatus: 404, wantBody: "*"}.run(t, h)
	about := []string{"/packs.json", "/packs/test/manifest.json", "/readyz"}
	for _, path := range about {
		exchange{path: path, wantStatus: 503, wantBody: "*", wantHeaders: map[string]string{"Cache-Control": "no-store"}}.run(t, h)
	}
	if n := bucket.opened.Load(); n != 0 {
		t.Errorf("%d files were opened", n)
	}
	if err := h.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range about {
		exchange{path: path, wantStatus: 200, wantBody: "*"}.run(t, h)
	}

	bucket.bad.Store(true)
	h = newHandler(t, Config{Packs: map[string]Store{"test": bucket}, Later: true})
	if err := h.Open(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "pack test: 503 slow down") {
		t.Errorf("a pack that cannot be opened: %v", err)
	}
}

// Where something in front compresses, nothing is compressed here.
func TestUncoded(t *testing.T) {
	pack := testPack(t)
	asked := map[string]string{"Accept-Encoding": "gzip"}
	for _, uncoded := range []bool{false, true} {
		want := map[string]string{"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
		if uncoded {
			want = map[string]string{"Content-Encoding": "", "Vary": ""}
		}
		h := newHandler(t, Config{Packs: map[string]Store{"test": Files(pack)}, Uncoded: uncoded})
		w := exchange{path: "/packs/test/manifest.json", header: asked, wantStatus: 200, wantBody: "*", wantHeaders: want}.run(t, h)
		if text := pack["manifest.json"].Data; (w.Body.String() == string(text)) != uncoded {
			t.Errorf("uncoded %v: %d bytes of %d", uncoded, w.Body.Len(), len(text))
		}
	}
}
