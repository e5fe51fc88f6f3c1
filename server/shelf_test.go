package server

import (
	"context"
	"errors"
	"net/http/httptest"
	"sync/atomic"
	"testing"
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
	sized int64 // the size that it was told last
}

func (s *trusting) OpenSized(name string, size int64) *Object {
	s.sized = size
	object, err := s.Store.Open(context.Background(), name)
	if err != nil {
		panic(err)
	}
	return object
}

func TestTrustingStore(t *testing.T) {
	pack := testPack(t)
	bucket := &trusting{moody: moody{Store: Files(pack)}}
	h := newHandler(t, Config{Packs: map[string]Store{"test": bucket}})
	opened := bucket.opened.Load()
	shard, data := shardOf(t, pack)
	exchange{path: shard, wantStatus: 200, wantBody: string(data)}.run(t, h)
	if bucket.sized != int64(len(data)) || bucket.opened.Load() != opened {
		t.Errorf("told the size %d of %d; opened %d times", bucket.sized, len(data), bucket.opened.Load()-opened)
	}
}
