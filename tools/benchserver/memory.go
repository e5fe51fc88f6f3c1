package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"mixtab/tools/benchserver/packs"
)

// downloadBar is the most memory that the server may ever have held under downloads.
const downloadBar = 64 << 20

// A memory says what mixtab-server holds of the machine's memory, code and the embedded
// page included, with 26 GB to serve.
type memory struct {
	PackBytes     int64 `json:"pack_bytes"`
	Started       int64 `json:"started"`   // nobody has asked for anything
	Downloads     int   `json:"downloads"` // connections
	DownloadPeak  int64 `json:"download_peak"`
	DownloadBytes int64 `json:"download_bytes"`
	Idle          int   `json:"idle"` // connections that wait after one request
	IdleRSS       int64 `json:"idle_rss"`
	NginxIdleRSS  int64 `json:"nginx_idle_rss"` // all of its processes, pages that they share counted in each
}

func (m memory) missed() bool { return m.DownloadPeak > downloadBar }

// measureMemory starts servers of its own, as a peak belongs to a process.
func measureMemory(ctx context.Context, server, dir string, f files) (memory, error) {
	const downloads, idle = 256, 10_000
	m := memory{Downloads: downloads, Idle: idle}
	f.pack = filepath.Join(dir, "mixtral")
	shards, err := packs.Mixtral(f.pack)
	if err != nil {
		return m, err
	}
	for _, s := range shards {
		m.PackBytes += s.Bytes
	}
	ours := &contender{name: "mixtab-memory"}
	nginx := &contender{name: "nginx-memory"}
	defer ours.stop()
	defer nginx.stop()
	if err := ours.start(ctx, dir, f.mixtab(server)); err != nil {
		return m, err
	}
	if err := nginx.start(ctx, dir, f.nginx); err != nil {
		return m, err
	}
	usage, err := ours.processes[plain].Usage()
	if err != nil {
		return m, err
	}
	m.Started = usage.RSS
	if m.DownloadBytes, err = slowDownloads(ctx, ours.addrs[plain], shards, downloads); err != nil {
		return m, err
	}
	if usage, err = ours.processes[plain].Usage(); err != nil {
		return m, err
	}
	m.DownloadPeak = usage.Peak
	if m.IdleRSS, err = heldIdle(ctx, ours, idle); err != nil {
		return m, err
	}
	m.NginxIdleRSS, err = heldIdle(ctx, nginx, idle)
	return m, err
}

// slowDownloads downloads for four seconds on so many connections, from shard to shard, at
// about 2 MB/s each: all of them are in the middle of a response all the time, and the
// holes of a sparse file do not fill the machine's memory with zeros.
func slowDownloads(ctx context.Context, addr string, shards []packs.Shard, connections int) (int64, error) {
	end := time.Now().Add(4 * time.Second)
	var mu sync.Mutex
	var received int64
	group, ctx := errgroup.WithContext(ctx)
	for i := range connections {
		group.Go(func() error {
			s := shards[i%len(shards)]
			conn, err := dialFrom(ctx, addr, i)
			if err != nil {
				return err
			}
			defer conn.Close()
			if _, err := fmt.Fprintf(conn, "GET /packs/noise/%s HTTP/1.1\r\nHost: %s\r\n\r\n", s.Path, addr); err != nil {
				return err
			}
			r := bufio.NewReader(conn)
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				return err
			}
			if resp.ContentLength != s.Bytes {
				return fmt.Errorf("%s%s: %s", addr, s.Path, resp.Status)
			}
			for time.Now().Before(end) {
				n, err := io.CopyN(io.Discard, resp.Body, 128<<10)
				mu.Lock()
				received += n
				mu.Unlock()
				if err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
				time.Sleep(64 * time.Millisecond)
			}
			return nil
		})
	}
	err := group.Wait()
	return received, err
}

// heldIdle opens connections, asks for something on each, and returns what the server
// holds while all of them wait.
func heldIdle(ctx context.Context, c *contender, connections int) (int64, error) {
	conns := make([]net.Conn, connections)
	defer func() {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	}()
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(64)
	for i := range conns {
		group.Go(func() error {
			conn, err := dialFrom(groupCtx, c.addrs[plain], i)
			if err != nil {
				return err
			}
			conns[i] = conn
			if _, err := fmt.Fprintf(conn, "GET /packs/noise/manifest.json HTTP/1.1\r\nHost: %s\r\nRange: bytes=0-99\r\n\r\n", c.addrs[plain]); err != nil {
				return err
			}
			resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 2048), nil)
			if err != nil {
				return err
			}
			if _, err = io.Copy(io.Discard, resp.Body); err != nil {
				return err
			}
			if resp.StatusCode != http.StatusPartialContent {
				return fmt.Errorf("%s: connection %d of %d: %s", c.name, i, connections, resp.Status)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return 0, fmt.Errorf("%s, %d idle connections: %w", c.name, connections, err)
	}
	time.Sleep(time.Second)
	usage, err := c.processes[plain].Usage()
	if err == nil && usage.Files < connections {
		err = fmt.Errorf("%s holds %d descriptors of %d idle connections", c.name, usage.Files, connections)
	}
	return usage.RSS, err
}

// dialFrom connects from one of 250 addresses of this machine: one alone has too few ports
// for two servers with ten thousand connections each.
func dialFrom(ctx context.Context, addr string, client int) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+client%250))}}
	return d.DialContext(ctx, "tcp", addr)
}
