package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// A load is what clients did in some time.
type load struct {
	Seconds  float64
	Requests int64 // answered in full
	Bytes    int64
	// Latency by percentile, where the program that made the load tells.
	P50, P90, P99, P999 time.Duration
}

// A download asks one server for the same file over and over, on several connections at a
// time, by HTTP/1.1 without TLS.
type download struct {
	path    string
	size    int64
	span    int64 // ask for ranges of so many bytes at random places; 0: for the whole file
	clients int
}

// run downloads for the time d. Bytes of responses that were still coming then count.
func (l download) run(ctx context.Context, addr string, d time.Duration) (load, error) {
	var requests, received atomic.Int64
	start := time.Now()
	end := start.Add(d)
	group, ctx := errgroup.WithContext(ctx)
	for range l.clients {
		group.Go(func() error {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
			if err != nil {
				return err
			}
			defer conn.Close()
			if err := conn.SetDeadline(end); err != nil {
				return err
			}
			for r := bufio.NewReader(conn); err == nil; {
				if err = l.once(conn.(*net.TCPConn), r, addr, &received); err == nil {
					requests.Add(1)
				}
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return nil
			}
			return err
		})
	}
	err := group.Wait()
	return load{Seconds: time.Since(start).Seconds(), Requests: requests.Load(), Bytes: received.Load()}, err
}

func (l download) once(conn *net.TCPConn, r *bufio.Reader, addr string, received *atomic.Int64) error {
	head, status, left := "GET "+l.path+" HTTP/1.1\r\nHost: "+addr+"\r\n", http.StatusOK, l.size
	if l.span > 0 {
		from := rand.Int64N(l.size - l.span + 1)
		head += fmt.Sprintf("Range: bytes=%d-%d\r\n", from, from+l.span-1)
		status, left = http.StatusPartialContent, l.span
	}
	if _, err := io.WriteString(conn, head+"\r\n"); err != nil {
		return err
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	if resp.StatusCode != status || resp.ContentLength != left {
		return fmt.Errorf("%s%s answered %s with %d bytes, want %d with %d", addr, l.path, resp.Status, resp.ContentLength, status, left)
	}
	n, err := r.Discard(int(min(left, int64(r.Buffered()))))
	received.Add(int64(n))
	if err != nil {
		return err
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	for left -= int64(n); left > 0; left -= int64(n) {
		n, err = discard(raw, int(min(left, 1<<20)))
		received.Add(int64(n))
		switch {
		case err != nil:
			return err
		case n == 0:
			return fmt.Errorf("%s%s: the connection ended %d bytes early", addr, l.path, left)
		}
	}
	return nil
}
