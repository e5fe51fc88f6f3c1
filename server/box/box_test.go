package box

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Whatever a server started has ended when Run returns. Only autocert tidies up with its
// authority for some minutes, and cannot be told to stop.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("golang.org/x/crypto/acme/autocert.(*Manager).deactivatePendingAuthz"))
}

// A running server of a test.
type running struct {
	*Server
	url   string
	log   *syncBuffer
	stop  context.CancelFunc
	ended chan error
}

// start runs a server with what cfg leaves out filled in, until the test ends. What prepare
// does to it comes before it runs.
func start(t testing.TB, cfg Config, prepare ...func(*Server)) *running {
	t.Helper()
	r := &running{log: new(syncBuffer), ended: make(chan error, 1)}
	if cfg.Listen == nil {
		cfg.Listen = []string{"127.0.0.1:0"}
	}
	if cfg.Handler == nil {
		cfg.Handler = text("hello")
	}
	if cfg.Drain == 0 {
		cfg.Drain = 10 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.Server = s
	for _, change := range prepare {
		change(s)
	}
	scheme := "http://"
	if s.Addresses()[0].TLS {
		scheme = "https://"
	}
	r.url = scheme + s.Addresses()[0].Bound().String()
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	ended := make(chan struct{})
	go func() {
		r.ended <- s.Run(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		cancel()
		http.DefaultClient.CloseIdleConnections()
		<-ended
	})
	return r
}

// text is a handler that says so.
type text string

func (s text) ServeHTTP(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, string(s)) }

// get reads a whole answer.
func get(t testing.TB, client *http.Client, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// syncBuffer is a buffer that a server's goroutines write to while a test reads.
type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// eventually waits until what holds, and fails after a while.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 10 s, it is still not true that %s", what)
		}
	}
}

// bigFile writes a file of that many bytes, no two MiB of which are the same.
func bigFile(t testing.TB, size int) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "big.bin")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line := make([]byte, 1<<10)
	for at := 0; at < size; at += len(line) {
		copy(line, fmt.Sprintf("%016d", at))
		if _, err := f.Write(line[:min(len(line), size-at)]); err != nil {
			t.Fatal(err)
		}
	}
	return name
}

// files serves one file in the way that package server does.
func files(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open(name)
		if err != nil {
			panic(err)
		}
		defer f.Close()
		w.Header().Set("Content-Type", "application/octet-stream")
		http.ServeContent(w, r, "", time.Time{}, f)
	})
}

func TestServes(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	s := start(t, Config{Listen: []string{"127.0.0.1:0", "[::1]:0", "unix:" + socket}, UnixMode: 0o600})
	for _, a := range s.Addresses() {
		network, address := a.Bound().Network(), a.Bound().String()
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
			return net.Dial(network, address)
		}}}
		if resp, body := get(t, client, "http://mixtab/"); resp.StatusCode != 200 || body != "hello" {
			t.Errorf("%s: %s %q", address, resp.Status, body)
		}
	}
}
