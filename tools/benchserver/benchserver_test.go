package main

import (
	"bytes"
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestChoose(t *testing.T) {
	page := fstest.MapFS{}
	for name, size := range map[string]int{
		"index.html": 1024, "index.html.gz": 400, "icon.svg": 500, "lib/a.d.ts": 1000, ".keep": 1024, "assets/b.js": 30_000, "assets/b.js.gz": 9_000,
		"assets/c.js": 90_000, "assets/c.js.gz": 20_000, "assets/d.css": 32 << 10, "assets/d.css.gz": 1024,
	} {
		page[name] = &fstest.MapFile{Data: make([]byte, size)}
	}
	small, coded, err := choose(page)
	if err != nil || small != "/lib/a.d.ts" || coded != "/assets/b.js" {
		t.Errorf("got %q, %q, %v", small, coded, err)
	}
	if _, _, err := choose(fstest.MapFS{".keep": {}}); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("without a page: %v", err)
	}
}

func onlyLinux(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("downloads are dropped by a flag that Linux has")
	}
}

// Every byte of a response is counted, whether the client looked at it or not.
func TestDownloadCountsBytes(t *testing.T) {
	onlyLinux(t)
	const size = 3<<20 + 17
	for name, span := range map[string]int64{"whole": 0, "ranges": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(make([]byte, size)))
			}))
			defer srv.Close()
			l := download{path: "/x", size: size, span: span, clients: 2}
			got, err := l.run(context.Background(), srv.Listener.Addr().String(), 200*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			each := int64(size)
			if span > 0 {
				each = span
			}
			if whole := got.Requests * each; got.Requests == 0 || got.Bytes < whole || got.Bytes > whole+2*each {
				t.Errorf("%d responses of %d bytes, and %d bytes in all", got.Requests, each, got.Bytes)
			}
		})
	}
}

// A server that answers something else must not pass for a fast one.
func TestDownloadRefuses(t *testing.T) {
	onlyLinux(t)
	for name, handler := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, r *http.Request) { http.Error(w, "busy", http.StatusServiceUnavailable) },
		"less":     func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 999)) },
		"a cut one": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.Write(make([]byte, 500))
		},
	} {
		srv := httptest.NewServer(handler)
		if _, err := (download{path: "/x", size: 1000, clients: 1}).run(context.Background(), srv.Listener.Addr().String(), time.Second); err == nil {
			t.Errorf("%s: taken for 1000 bytes", name)
		}
		srv.Close()
	}
}

func TestRow(t *testing.T) {
	of := func(rate, cpu float64) sample { return sample{rate: rate, cpu: cpu} }
	w := workload{bar: 0.95, cpuBar: 1.7}
	r := w.row([]sample{of(1e6, 1e-9), of(4e6, 1e-9), of(2e6, 1e-9)}, []sample{of(1e6, 2e-9), of(2e6, 1e-9), of(3e6, 1.5e-9)})
	if r.Nginx.Rate != 2 || r.Mixtab.Rate != 2 || r.Ratio != 1 || r.CPURatio != 1.5 || r.missed() {
		t.Errorf("got %+v, missed %v", r, r.missed())
	}
	for _, r := range []row{{Ratio: 0.9, Bar: 0.95}, {CPURatio: 1.8, CPUBar: 1.7}, {CPURatio: math.NaN(), CPUBar: 1.7}} {
		if !r.missed() {
			t.Errorf("%+v misses no bar", r)
		}
	}
}
