package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Faults that pass by themselves do not end the run, and nothing is missing afterwards.
func TestPassingFaults(t *testing.T) {
	cut := func(w http.ResponseWriter, r *http.Request, after int64) {
		io.CopyN(io.Discard, r.Body, after)
		panic(http.ErrAbortHandler)
	}
	for _, tt := range []struct {
		name  string
		fault func(w http.ResponseWriter, r *http.Request)
	}{
		{"busy", func(w http.ResponseWriter, r *http.Request) { fail(w, r, 503, "SlowDown") }},
		{"too many requests", func(w http.ResponseWriter, r *http.Request) { fail(w, r, 429, "TooManyRequests") }},
		{"internal error", func(w http.ResponseWriter, r *http.Request) { fail(w, r, 500, "InternalError") }},
		{"gateway without XML", func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "<html>Bad Gateway", http.StatusBadGateway)
		}},
		{"timeout of the store", func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				fail(w, r, 400, "RequestTimeout")
			} else { // without a body, a 400 has no name
				fail(w, r, 504, "")
			}
		}},
		{"cut at once", func(w http.ResponseWriter, r *http.Request) { cut(w, r, 0) }},
		{"cut amid", func(w http.ResponseWriter, r *http.Request) { cut(w, r, 3000) }},
		{"cut at the end", func(w http.ResponseWriter, r *http.Request) { cut(w, r, 1<<30) }},
		{"hangs", func(w http.ResponseWriter, r *http.Request) {
			hang(r)
			panic(http.ErrAbortHandler)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, url := newFake(t)
			dir := newPack(t, 1)
			faults := map[string]int{http.MethodPut: 3, http.MethodHead: 2, http.MethodGet: 1}
			s.fault = func(w http.ResponseWriter, r *http.Request, count int) bool {
				if count > faults[r.Method] {
					return false
				}
				tt.fault(w, r)
				return true
			}
			start(t.Context(), "-pack", dir, "-to", target, "-endpoint", url).want(t, 0, "published")
			if s.count[http.MethodPut] != len(s.keys())+faults[http.MethodPut] {
				t.Errorf("%d requests with 3 faults for %d objects", s.count[http.MethodPut], len(s.keys()))
			}
			start(t.Context(), "-pack", dir, "-to", target, "-endpoint", url, "-verify=download").want(t, 0, "all of which were there")
		})
	}
}

// What was sent is not given up for a list that fails as often as any other request may.
func TestPassingFaultBeforeTheManifest(t *testing.T) {
	t.Parallel()
	s, url := newFake(t)
	s.fault = func(w http.ResponseWriter, r *http.Request, count int) bool {
		if r.Method != http.MethodGet || count < 2 || count > hasty.attempts { // the first list passes
			return false
		}
		fail(w, r, 503, "SlowDown")
		return true
	}
	start(t.Context(), "-pack", newPack(t, 1), "-to", target, "-endpoint", url).want(t, 0, "published")
	if n := s.count[http.MethodGet]; n <= hasty.attempts {
		t.Errorf("%d lists: the faults were not met", n)
	}
}

// hang takes a request and does not answer. It ends when the client has hung up, which the
// server notices only behind the body.
func hang(r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// Faults that stay end it with one line, which tells what to do, and without a manifest.
func TestLastingFaults(t *testing.T) {
	put := func(status int, code string) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				fail(w, r, status, code)
			}
			return r.Method == http.MethodPut
		}
	}
	all := func(status int, code string) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			fail(w, r, status, code)
			return true
		}
	}
	for _, tt := range []struct {
		name  string
		fault func(w http.ResponseWriter, r *http.Request) bool
		want  string
	}{
		{"no bucket", all(404, "NoSuchBucket"), `there is no bucket "weights"`},
		{"denied", all(403, "AccessDenied"), "these credentials may not list, read and write"},
		{"writing denied", put(403, "AccessDenied"), "these credentials may not list, read and write"},
		{"heads denied", func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodHead {
				w.WriteHeader(403)
			}
			return r.Method == http.MethodHead
		}, "these credentials may not"},
		{"unknown key", all(403, "InvalidAccessKeyId"), "check AWS_ACCESS_KEY_ID"},
		{"wrong secret", all(403, "SignatureDoesNotMatch"), "check AWS_SECRET_ACCESS_KEY"},
		{"expired", all(400, "ExpiredToken"), "have expired"},
		{"clock", all(403, "RequestTimeTooSkewed"), "this machine's clock is wrong"},
		{"region", all(301, "PermanentRedirect"), "name it with -region"},
		{"full", put(507, "InsufficientStorage"), "has no room left"},
		{"quota", put(403, "QuotaExceeded"), "has no room left"},
		{"busy", all(503, "SlowDown"), "use a smaller -parallel"},
		{"broken", put(500, "InternalError"), "fails with HTTP status 500"},
		{"something new", put(418, "Teapot"), "says: so it is (Teapot)"},
		{"a web page", func(w http.ResponseWriter, r *http.Request) bool {
			fmt.Fprint(w, "<!doctype html><p>Welcome<br>")
			return true
		}, "but not as S3 does: check -endpoint"},
		{"a web page not found", func(w http.ResponseWriter, r *http.Request) bool {
			http.Error(w, "<!doctype html><p>Not here<br>", 404)
			return true
		}, "check -endpoint"},
		{"cut", func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				panic(http.ErrAbortHandler)
			}
			return false
		}, "was lost"},
		{"hangs", func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				hang(r)
			}
			return r.Method == http.MethodPut
		}, "stopped answering"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, url := newFake(t)
			s.fault = func(w http.ResponseWriter, r *http.Request, _ int) bool { return tt.fault(w, r) }
			o := start(t.Context(), "-pack", newPack(t, 1), "-to", target, "-endpoint", url)
			o.want(t, 1, tt.want)
			if n := len(o.stderr); n > 300 {
				t.Errorf("a line of %d bytes: %s", n, o.stderr)
			}
			if s.has("packs/test/manifest.json") {
				t.Error("the manifest was published")
			}
		})
	}
}

// The network loses itself in the middle of everything, for good.
func TestLostNetwork(t *testing.T) {
	s := &fakeStore{objects: map[string]*fakeObject{}, count: map[string]int{}}
	server := httptest.NewServer(s)
	s.fault = func(_ http.ResponseWriter, r *http.Request, count int) bool {
		if r.Method == http.MethodPut && count == 20 {
			server.Listener.Close()
			go server.CloseClientConnections()
		}
		return false
	}
	dir := newPack(t, 1)
	start(t.Context(), "-pack", dir, "-to", target, "-endpoint", server.URL, "-parallel", "2").want(t, 1, "nothing answers at")
	if len(s.keys()) < 15 || s.has("packs/test/manifest.json") {
		t.Errorf("%d objects", len(s.keys()))
	}
}

// A network that changes bytes is found out by the store, which is told the hash.
func TestDamagedOnTheWay(t *testing.T) {
	s, url := newFake(t)
	s.fault = func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		if r.Method == http.MethodPut {
			r.Body = flipping{r.Body}
		}
		return false
	}
	start(t.Context(), "-pack", newPack(t, 1), "-to", target, "-endpoint", url).want(t, 1, "received other bytes than were sent")
	if n := len(s.keys()); n > 0 {
		t.Errorf("%d damaged objects were published", n)
	}
}

type flipping struct{ io.ReadCloser }

func (f flipping) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if n > 0 {
		p[0] ^= 1
	}
	return n, err
}

// A store that does not know checksum headers gets none, after the first refusals.
func TestRefusedChecksums(t *testing.T) {
	s, url := newFake(t)
	var refused atomic.Int32
	s.fault = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		for name := range r.Header {
			if strings.HasPrefix(name, "X-Amz-Checksum-") {
				refused.Add(1)
				fail(w, r, 501, "NotImplemented")
				return true
			}
		}
		return false
	}
	dir := newPack(t, 1)
	args := []string{"-pack", dir, "-to", target, "-endpoint", url, "-parallel", "6"}
	start(t.Context(), args...).want(t, 0, "published")
	if n := refused.Load(); n < 1 || n > 6 {
		t.Errorf("%d refusals; there are 6 requests at a time", n)
	}
	start(t.Context(), append(args, "-verify")...).want(t, 0, "0 by the store's hash")
}

// A clock that is an hour slow does not matter where the store tells the time.
func TestClock(t *testing.T) {
	s, url := newFake(t)
	s.fault = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		now := time.Now().Add(time.Hour)
		w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
		signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err != nil {
			t.Error(err)
		}
		if signed.Before(now.Add(-15 * time.Minute)) {
			fail(w, r, 403, "RequestTimeTooSkewed")
			return true
		}
		return false
	}
	start(t.Context(), "-pack", newPack(t, 1), "-to", target, "-endpoint", url).want(t, 0, "published")
}

func TestEndpoints(t *testing.T) {
	dir := newPack(t, 1)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	_, plain := newFake(t)
	for _, tt := range []struct {
		endpoint, want string
		code           int
	}{
		{"http://127.0.0.1:1", "nothing answers at http://127.0.0.1:1: check -endpoint", 1},
		{"http://store.invalid", "check", 1},
		{secure.URL, "has a certificate that is not to be trusted", 1},
		{strings.Replace(plain, "http:", "https:", 1), "write http:// in -endpoint", 1},
		{"https://account.r2.cloudflarestorage.com/weights", "has a path: leave it away", 2},
		{"account.r2.cloudflarestorage.com", "is no URL", 2},
	} {
		start(t.Context(), "-pack", dir, "-to", target, "-endpoint", tt.endpoint).want(t, tt.code, tt.want)
	}
}

func TestFlags(t *testing.T) {
	dir := newPack(t, 1)
	for _, tt := range []struct{ args, want string }{
		{"", "-pack and -to are needed"},
		{"-pack D", "-pack and -to are needed"},
		{"-pack D -to weights/x", "is no place in a bucket"},
		{"-pack D -to s3:///x", "is no place in a bucket"},
		{"-pack D -to s3://weights/../x", "is no place in a bucket"},
		{"-pack D -to s3://weights//x", "is no place in a bucket"},
		{"-pack D -to s3://weights/x -parallel 0", "is not between 1 and 64"},
		{"-pack D -to s3://weights/x -verify=twice", "want -verify or -verify=download"},
		{"-pack D -to s3://weights/x -prune soon", "-prune"},
		{"-pack D -to s3://weights/x -prune -1h", "is negative"},
		{"-pack D -to s3://weights/x -cors off", "neither print nor set"},
		{"-pack D -to s3://weights/x more", `unexpected argument "more"`},
		{"-nonsense", "-h lists the flags"},
	} {
		args := strings.Fields(strings.ReplaceAll(tt.args, "-pack D", "-pack "+filepath.ToSlash(dir)))
		start(t.Context(), args...).want(t, 2, tt.want)
	}
	start(t.Context(), "-h").want(t, 0, "usage: go run ./tools/publish")
	start(t.Context(), "-cors", "print").want(t, 0, `"AllowedOrigins"`)

	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	start(t.Context(), "-pack", dir, "-to", target, "-endpoint", "http://127.0.0.1:1").want(t, 1, "no credentials: set AWS_ACCESS_KEY_ID")
	start(t.Context(), "-pack", dir, "-to", target).want(t, 1, "-region is needed")
}
