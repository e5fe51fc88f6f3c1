package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"mixtab/tools/benchserver/packs"
	"mixtab/tools/benchserver/process"
)

// trials are faults that take a server of their own, as they end it or take away what it
// stands on.
var trials = []struct {
	name string
	run  func(e *environment, ctx context.Context) error
}{
	{"a graceful end loses no transfer", (*environment).gracefulEnd},
	{"an end waits for nobody who does not read", (*environment).deadlineEnd},
	{"shards that change under the server", (*environment).changingShards},
	{"no descriptors left", (*environment).noDescriptors},
	{"a full disk under the access log", (*environment).fullDisk},
}

// gracefulEnd stops servers in the middle of transfers, which all arrive in full.
func (e *environment) gracefulEnd(ctx context.Context) error {
	t := newTally()
	for _, way := range []int{keptAlive, overHTTP2} {
		var more []string
		if way == overHTTP2 {
			more = []string{"-tls-cert", e.cert, "-tls-key", e.key}
		}
		s, err := e.start(ctx, process.Options{}, more...)
		if err != nil {
			return err
		}
		var begun, ended sync.WaitGroup
		for n := range 24 {
			begun.Add(1)
			ended.Go(func() {
				c := newClient(way, n, s.addr, s.addr, e.pack, t)
				defer c.http.CloseIdleConnections()
				shard := e.pack.shards[n%len(e.pack.shards)]
				resp := c.ask(ctx, http.MethodGet, shard.Path)
				begun.Done()
				if resp == nil {
					t.bad("a transfer never began")
					return
				}
				resp.Body = &slowBody{resp.Body, 40}
				c.compare(ctx, resp, shard, http.StatusOK, 0, shard.Bytes)
			})
		}
		begun.Wait()
		if err := s.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		ended.Wait()
		if err := s.Wait(); err != nil {
			t.bad("%v", err)
		}
	}
	return t.err()
}

// A slowBody pauses at its first reads, so that a transfer takes about a second.
type slowBody struct {
	io.ReadCloser
	pauses int
}

func (b *slowBody) Read(p []byte) (int, error) {
	if b.pauses > 0 {
		b.pauses--
		time.Sleep(25 * time.Millisecond)
	}
	return b.ReadCloser.Read(p)
}

// deadlineEnd stops a server whose only client does not read.
func (e *environment) deadlineEnd(ctx context.Context) error {
	s, err := e.start(ctx, process.Options{}, "-drain", "500ms")
	if err != nil {
		return err
	}
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /packs/noise/%s HTTP/1.1\r\nHost: x\r\n\r\n", e.pack.shards[0].Path)
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		return err
	}
	start := time.Now()
	err = s.Stop()
	if took := time.Since(start); took > 5*time.Second {
		return fmt.Errorf("the end took %s, with -drain 500ms", took)
	}
	return err
}

// changingShards cuts a shard while it is being sent and removes another. Neither may ever
// look whole, all others go on, and when the file is back so is the shard.
func (e *environment) changingShards(ctx context.Context) error {
	copied := &environment{server: e.server, dir: e.dir, stdout: e.stdout}
	var err error
	if copied.pack, err = openPack(filepath.Join(e.dir, "changing")); err != nil {
		return err
	}
	defer copied.pack.close()
	s, err := copied.start(ctx, process.Options{})
	if err != nil {
		return err
	}
	var large []packs.Shard
	for _, shard := range copied.pack.shards {
		if shard.Bytes == 16<<20 {
			large = append(large, shard)
		}
	}
	cut, removed, whole := large[0], large[1], large[2]
	file := func(s packs.Shard) string { return filepath.Join(copied.pack.dir, s.Path) }
	ask := func(shard packs.Shard) (int, int64, error) {
		resp, err := http.Get("http://" + s.addr + "/packs/noise/" + shard.Path)
		if err != nil {
			return 0, 0, err
		}
		defer resp.Body.Close()
		n, err := io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, n, err
	}

	resp, err := http.Get("http://" + s.addr + "/packs/noise/" + cut.Path)
	if err != nil {
		return err
	}
	if err := os.Truncate(file(cut), 100); err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if err == nil {
		return fmt.Errorf("a shard that was cut to 100 bytes came to its end after %d bytes", n)
	}
	if err := os.Remove(file(removed)); err != nil {
		return err
	}
	for _, gone := range []packs.Shard{cut, removed} {
		if status, n, err := ask(gone); err != nil || status < 400 || n > 1000 {
			return fmt.Errorf("a shard that is gone was answered with %d and %d bytes (%v)", status, n, err)
		}
	}
	t := newTally()
	c := newClient(keptAlive, 1, s.addr, "", copied.pack, t)
	defer c.http.CloseIdleConnections()
	c.want(ctx, whole, http.StatusOK, 0, whole.Bytes)
	if err := os.Link(filepath.Join(e.pack.dir, cut.Path), file(cut)+".new"); err != nil {
		return err
	}
	if err := os.Rename(file(cut)+".new", file(cut)); err != nil {
		return err
	}
	if status, n, err := ask(cut); err != nil || status != http.StatusOK || n != cut.Bytes {
		return fmt.Errorf("a shard that is back was answered with %d and %d bytes (%v)", status, n, err)
	}
	if t.responses != 1 {
		t.bad("the untouched shard was not served")
	}
	return errors.Join(t.err(), s.Stop())
}

// noDescriptors gives a server 64 descriptors and asks for 300. Afterwards it serves.
func (e *environment) noDescriptors(ctx context.Context) error {
	s, err := e.start(ctx, process.Options{Files: 64})
	if err != nil {
		return err
	}
	var conns []net.Conn
	for n := range 300 {
		d := net.Dialer{Timeout: 200 * time.Millisecond, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 4, byte(1+n%250))}}
		conn, err := d.DialContext(ctx, "tcp", s.addr)
		if err != nil {
			continue // the queue of the listener is full
		}
		conns = append(conns, conn)
		fmt.Fprintf(conn, "GET /packs/noise/%s HTTP/1.1\r\nHost: x\r\n\r\n", e.pack.shards[0].Path)
	}
	time.Sleep(500 * time.Millisecond)
	for _, c := range conns {
		c.Close()
	}
	return errors.Join(e.goesOn(ctx, s), s.Stop())
}

// fullDisk puts the access log on a file system of 64 KB, and later empties it.
func (e *environment) fullDisk(ctx context.Context) error {
	dir := filepath.Join(e.dir, "log")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	unmount, err := smallDisk(dir, 64<<10)
	if err != nil {
		e.printf("no file system of 64 KB for the log, so it is /dev/full, which stays full: %v\n", err)
		dir = ""
	} else {
		defer unmount()
	}
	log := "/dev/full"
	if dir != "" {
		log = filepath.Join(dir, "access.log")
	}
	s, err := e.start(ctx, process.Options{}, "-access-log", log)
	if err != nil {
		return err
	}
	if err := askOften(s.addr, 2000); err != nil {
		return err
	}
	if dir != "" {
		info, err := os.Stat(log)
		if err != nil {
			return err
		}
		if info.Size() < 60<<10 {
			return fmt.Errorf("the access log has %d bytes after 2000 requests: the disk never was full", info.Size())
		}
		if err := os.Truncate(log, 0); err != nil {
			return err
		}
		if err := askOften(s.addr, 10); err != nil {
			return err
		}
		time.Sleep(200 * time.Millisecond)
		if info, err := os.Stat(log); err != nil || info.Size() == 0 {
			return fmt.Errorf("nothing is logged once there is room again (%v)", err)
		}
	}
	return errors.Join(e.goesOn(ctx, s), s.Stop())
}

// askOften asks for the same little thing on one connection.
func askOften(addr string, times int) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	for range times {
		fmt.Fprintf(conn, "GET /packs/noise/manifest.json HTTP/1.1\r\nHost: x\r\nRange: bytes=0-9\r\n\r\n")
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusPartialContent {
			return fmt.Errorf("%s: %s (%v)", addr, resp.Status, err)
		}
	}
	return nil
}

// goesOn asks a server that has been through something for a shard, until it has one.
func (e *environment) goesOn(ctx context.Context, s *site) error {
	var t *tally
	for range 100 {
		t = newTally()
		c := newClient(oneShot, 1, s.addr, "", e.pack, t)
		c.want(ctx, e.pack.shards[0], http.StatusOK, 0, e.pack.shards[0].Bytes)
		if t.responses > 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("the server does not serve any more: %w\n%s", t.err(), s.Output())
}
