//go:build !race

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/procfs"

	"mixtab/server/conformance"
)

// resident is how much of the process is in memory, in MiB.
func (p *process) resident(t testing.TB) float64 {
	t.Helper()
	proc, err := procfs.NewProc(p.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	status, err := proc.NewStatus()
	if err != nil {
		t.Fatal(err)
	}
	return float64(status.VmRSS) / (1 << 20)
}

// ask opens a connection and makes a request on it. The answer is for the caller to read.
func ask(address, path string) (net.Conn, *http.Response, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, nil, err
	}
	c.(*net.TCPConn).SetReadBuffer(16 << 10)
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path); err != nil {
		return c, nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReaderSize(c, 16), nil)
	return c, resp, err
}

// The server's memory has a bound, with 10,000 idle connections and with 256 downloads. The
// race detector takes several times as much, and leaves this file out.
func TestMemory(t *testing.T) {
	const idle, downloads = 10_000, 256
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Max < idle+1000 {
		t.Skipf("a process may have %d open files here, and the test needs %d: ulimit -Hn", files.Max, idle+1000)
	}
	dir := t.TempDir()
	if err := conformance.Write(dir); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "packs", conformance.Large)
	p := launch(t, exec.Command(os.Args[0], "-addr", "127.0.0.1:0", "-pack", "large="+large))
	address, _, _ := strings.Cut(strings.TrimPrefix(p.url, "http://"), "/")
	fresh := p.resident(t)

	open := func(n int, path string, read bool) (conns []net.Conn) {
		var mu sync.Mutex
		var all sync.WaitGroup
		for worker := range 16 {
			all.Go(func() {
				for i := worker; i < n; i += 16 {
					c, resp, err := ask(address, path)
					if err == nil && read {
						_, err = io.Copy(io.Discard, resp.Body)
					}
					if err != nil || resp.StatusCode != 200 {
						t.Errorf("connection %d: %v", i, err)
						return
					}
					mu.Lock()
					conns = append(conns, c)
					mu.Unlock()
				}
			})
		}
		all.Wait()
		t.Cleanup(func() {
			for _, c := range conns {
				c.Close()
			}
		})
		return conns
	}
	running := open(downloads, "/packs/large/"+conformance.BigShard(), false)
	time.Sleep(time.Second)
	busy := p.resident(t)
	for _, c := range running {
		c.Close()
	}
	open(idle, "/packs/large/manifest.json", true)
	time.Sleep(time.Second)
	crowded := p.resident(t)
	t.Logf("resident: %.0f MiB at the start, %.0f MiB with %d downloads, %.0f MiB with %d idle connections, %.1f KiB each",
		fresh, busy, downloads, crowded, idle, (crowded-fresh)*1024/idle)
	if busy > 64 {
		t.Errorf("%d downloads take %.0f MiB, want at most 64", downloads, busy)
	}
	if crowded > 350 {
		t.Errorf("%d idle connections take %.0f MiB, want at most 350", idle, crowded)
	}
}
