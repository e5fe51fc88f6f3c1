package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/procfs"

	"mixtab/engine/weights"
	"mixtab/server/conformance"
)

// writes is how many system calls of the process have written something so far.
func (p *process) writes(t testing.TB) int64 {
	t.Helper()
	proc, err := procfs.NewProc(p.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	io, err := proc.IO()
	if err != nil {
		t.Skipf("the system does not count the calls of a process: %v", err)
	}
	return int64(io.SyscW)
}

// A shard of 64 MiB leaves the whole program, with its logs and limits on, in far fewer
// calls than copying it through memory takes (2,048 of 32 KiB): the kernel copies, to a
// port and to a unix socket. By TLS there is no such way, which shows that the count tells
// the two apart.
func TestZeroCopy(t *testing.T) {
	dir := t.TempDir()
	if err := conformance.Write(dir); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "packs", conformance.Large)
	info, err := os.Stat(filepath.Join(large, conformance.BigShard()))
	if err != nil {
		t.Fatal(err)
	}
	size := info.Size()
	copied := size / (32 << 10)
	socket := filepath.Join(dir, "socket")
	for _, c := range []struct {
		name   string
		args   []string
		kernel bool
	}{
		{"tcp", []string{"-listen", "127.0.0.1:0"}, true},
		{"unix", []string{"-listen", "unix:" + socket}, true},
		{"TLS", []string{"-listen", "127.0.0.1:0", "-tls", "self", "-state", dir}, false},
	} {
		args := append(c.args, "-pack", "large="+large, "-access-log", filepath.Join(dir, "access.log"), "-rate", "1000", "-metrics-addr", "127.0.0.1:0")
		p := launch(t, exec.Command(os.Args[0], args...))
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}
		base, _, _ := strings.Cut(p.url, "/?")
		if strings.HasPrefix(p.url, "unix:") {
			base = "http://mixtab"
			transport.DialContext = func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", socket) }
		}
		before := p.writes(t)
		resp, err := (&http.Client{Transport: transport}).Get(base + "/packs/large/" + conformance.BigShard())
		if err != nil {
			t.Fatal(err)
		}
		hash := sha256.New()
		n, err := io.Copy(hash, resp.Body)
		resp.Body.Close()
		if err != nil || n != size || weights.ShardPath(hex.EncodeToString(hash.Sum(nil))) != conformance.BigShard() {
			t.Fatalf("%s: %d bytes of %d, or others (%v)", c.name, n, size, err)
		}
		calls := p.writes(t) - before
		t.Logf("%s: %d MiB in %d calls", c.name, size>>20, calls)
		if c.kernel && calls > copied/2 {
			t.Errorf("%s: %d calls for %d bytes: they are copied through memory", c.name, calls, size)
		}
		if !c.kernel && calls < copied {
			t.Errorf("%s: %d calls for %d bytes: the count does not see copying", c.name, calls, size)
		}
	}
}
