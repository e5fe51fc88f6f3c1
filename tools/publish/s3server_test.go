package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A realStore is Versity's gateway on a folder, with a proxy before it that looks on.
type realStore struct {
	url  string // of the proxy
	data string // the folder that holds the bucket's objects

	mu sync.Mutex
	// pace is how long a shard takes on its way to the server.
	pace time.Duration
	puts map[string]int // by path, of those that succeeded
	open map[string]int // by path, PUT requests that are being answered
	sent int64          // bytes of the bodies of all PUT requests
}

// newRealStore starts the server with an empty bucket called weights.
func newRealStore(t *testing.T) *realStore {
	t.Helper()
	program, err := filepath.Abs("../../build/s3server")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		const reason = "no S3 server to upload to: make build/s3server builds it"
		if os.Getenv("MIXTAB_REQUIRE") == "native" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	s := &realStore{data: filepath.Join(t.TempDir(), "data"), puts: map[string]int{}, open: map[string]int{}}
	if err := os.MkdirAll(filepath.Join(s.data, "weights"), 0o777); err != nil {
		t.Fatal(err)
	}
	backend := startServer(t, program, s.data, t.TempDir())
	proxy := &httputil.ReverseProxy{
		// The name of the host is part of the signature, so it stays.
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(backend); r.Out.Host = r.In.Host },
		ModifyResponse: s.note,
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			r.Body = &paced{r.Body, s}
			s.opened(r.URL.Path, 1)
			defer s.opened(r.URL.Path, -1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// startServer tries ports until one is free when the server, too, asks for it.
func startServer(t *testing.T, program, data, metadata string) *url.URL {
	t.Helper()
	for range 5 {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := free.Addr().String()
		free.Close()
		ctx, cancel := context.WithCancel(context.Background())
		cmd := exec.CommandContext(ctx, program, "-dir", data, "-metadata", metadata, "-addr", addr)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		end := func() { cancel(); cmd.Wait() }
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if lines.Text() == addr {
				go io.Copy(io.Discard, stdout)
				t.Cleanup(end)
				return &url.URL{Scheme: "http", Host: addr}
			}
		}
		end()
	}
	t.Fatal("the S3 server does not start")
	return nil
}

// note counts what the server has taken.
func (s *realStore) note(r *http.Response) error {
	if r.Request.Method == http.MethodPut && r.StatusCode == http.StatusOK {
		s.mu.Lock()
		s.puts[r.Request.URL.Path]++
		s.mu.Unlock()
	}
	return nil
}

func (s *realStore) opened(path string, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[path] += by
}

// inFlight are the paths of the PUT requests that are being answered.
func (s *realStore) inFlight() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var paths []string
	for path, n := range s.open {
		if n > 0 {
			paths = append(paths, path)
		}
	}
	return paths
}

// A paced body takes its time, and counts.
type paced struct {
	io.ReadCloser
	store *realStore
}

func (p *paced) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	p.store.mu.Lock()
	p.store.sent += int64(n)
	pace := p.store.pace
	p.store.mu.Unlock()
	if err == io.EOF {
		time.Sleep(pace)
	}
	return n, err
}

// forget begins the counts anew.
func (s *realStore) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts, s.sent = map[string]int{}, 0
}

// objects are the keys of the files in the bucket. Whatever the server keeps of uploads
// that have not ended is a file there, too.
func (s *realStore) objects(t *testing.T) []string {
	t.Helper()
	root := filepath.Join(s.data, "weights")
	var keys []string
	err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			keys = append(keys, strings.TrimPrefix(filepath.ToSlash(name), filepath.ToSlash(root)+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}
