package box

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// countingListener counts the bytes that connections are asked to copy from a file, which
// is where Linux copies inside the kernel. What comes by Write went through our memory.
type countingListener struct {
	net.Listener
	fromFile, calls, written atomic.Int64
}

type countingConn struct {
	*net.TCPConn
	l *countingListener
}

func (l *countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countingConn{c.(*net.TCPConn), l}, nil
}

func (c countingConn) Write(p []byte) (int, error) {
	c.l.written.Add(int64(len(p)))
	return c.TCPConn.Write(p)
}

func (c countingConn) ReadFrom(r io.Reader) (int64, error) {
	// What net recognises: a file, or one limit around a file.
	inner := r
	if limited, ok := r.(*io.LimitedReader); ok {
		inner = limited.R
	}
	n, err := c.TCPConn.ReadFrom(r)
	if _, ok := inner.(*os.File); ok {
		c.l.fromFile.Add(n)
		c.l.calls.Add(1)
	}
	return n, err
}

// A file goes from disk to network without passing through our memory, with all that can
// stand between turned on.
func TestFilesGoBySendfile(t *testing.T) {
	const size = 5<<20 + 123
	name := bigFile(t, size)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	for _, c := range []struct {
		name, ranges string
		want         int64
	}{
		{"whole", "", size},
		{"range", "bytes=1000-3000999", 3_000_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config{Handler: files(name), Limits: Limits{MinRate: 16 << 10, Requests: 10, Rate: 1000, Connections: 10, ClientConnections: 10}, AccessLog: log}
			if c.ranges != "" {
				cfg.Handler = withRange(cfg.Handler, c.ranges)
			}
			counter := new(countingListener)
			s := start(t, cfg, counted(counter))
			resp, body := get(t, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, s.url)
			if resp.StatusCode >= 300 || int64(len(body)) != c.want {
				t.Fatalf("%s with %d bytes, want %d", resp.Status, len(body), c.want)
			}
			s.stop()
			<-s.ended
			const head = 2048 // net/http writes the head and the first 512 bytes itself
			if n := counter.fromFile.Load(); n < c.want-head {
				t.Errorf("%d of %d bytes were copied from file to network", n, c.want)
			}
			if n := counter.written.Load(); n > head {
				t.Errorf("%d bytes were written from memory", n)
			}
			if n, most := counter.calls.Load(), c.want/piece+2; n > most {
				t.Errorf("%d calls for %d bytes, want at most %d", n, c.want, most)
			}
		})
	}
}

func withRange(h http.Handler, ranges string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Range", ranges)
		h.ServeHTTP(w, r)
	})
}

// counted has a server's first listener counted.
func counted(counter *countingListener) func(*Server) {
	return func(s *Server) {
		gated := s.addresses[0].listener.(*gatedListener)
		counter.Listener = gated.Listener
		gated.Listener = counter
	}
}

// The counter itself must see what it is for: a ResponseWriter that hides ReadFrom.
func TestSendfileCounterSees(t *testing.T) {
	name := bigFile(t, 1<<20)
	counter := new(countingListener)
	hidden := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		files(name).ServeHTTP(struct{ http.ResponseWriter }{w}, r)
	})
	s := start(t, Config{Handler: hidden}, counted(counter))
	get(t, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}, s.url)
	s.stop()
	<-s.ended
	if counter.fromFile.Load() != 0 || counter.written.Load() < 1<<19 { // the first go out gathered, and unseen
		t.Errorf("%d bytes from file, %d written: a hidden ReadFrom would not be seen", counter.fromFile.Load(), counter.written.Load())
	}
}
