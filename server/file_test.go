package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// sink is a ResponseWriter that costs nothing.
type sink struct {
	header http.Header
	bytes  int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(p []byte) (int, error) { s.bytes += len(p); return len(p), nil }

// All that is said about a small file is made once, when the server starts.
func TestSmallFilesAllocateNothing(t *testing.T) {
	h, pack := testHandler(t)
	for path, size := range map[string]int{
		"/lib/mixtab.js":            len(testPage()["lib/mixtab.js"].Data),
		"/assets/index-CvB_93xq.js": len(testPage()["assets/index-CvB_93xq.js.br"].Data),
		"/packs/test/pack.torrent":  len(pack["pack.torrent"].Data),
	} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
		w := &sink{header: make(http.Header)}
		const runs = 100
		allocated := testing.AllocsPerRun(runs, func() {
			clear(w.header)
			h.ServeHTTP(w, r)
		})
		if want := (runs + 1) * size; allocated != 0 || w.bytes != want { // AllocsPerRun runs once more
			t.Errorf("%s: %.0f allocations a request, %d bytes, want 0 and %d", path, allocated, w.bytes, want)
		}
	}
}
