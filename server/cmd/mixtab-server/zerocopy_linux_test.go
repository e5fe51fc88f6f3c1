package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mixtab/server/conformance"
)

// writes is how many system calls of the process have written something so far.
func (p *process) writes(t testing.TB) (n int64) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", p.Process.Pid))
	if err != nil {
		t.Skipf("the system does not count the calls of a process: %v", err)
	}
	_, rest, _ := strings.Cut(string(text), "syscw:")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A shard of 64 MiB leaves the whole program, with its logs and limits on, in far fewer
// calls than copying it through memory takes (2,048 of 32 KiB): the kernel copies. By TLS
// there is no such way, which shows that the count tells the two apart.
func TestZeroCopy(t *testing.T) {
	dir := t.TempDir()
	if err := conformance.Write(dir); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "packs", conformance.Large)
	shards, err := filepath.Glob(filepath.Join(large, "shards", "*.bin"))
	if err != nil || len(shards) == 0 {
		t.Fatalf("no shards (%v)", err)
	}
	var shard string
	var size int64
	for _, name := range shards {
		if info, err := os.Stat(name); err == nil && info.Size() > size {
			shard, size = filepath.Base(name), info.Size()
		}
	}
	copied := size / (32 << 10)
	for _, secure := range []bool{false, true} {
		args := []string{"-addr", "127.0.0.1:0", "-pack", "large=" + large, "-access-log", filepath.Join(dir, "access.log"), "-rate", "1000", "-metrics-addr", "127.0.0.1:0"}
		if secure {
			args = append(args, "-tls", "self", "-state", dir)
		}
		p := launch(t, exec.Command(os.Args[0], args...))
		base, _, _ := strings.Cut(p.url, "/?")
		client := &http.Client{Transport: insecure()}
		before := p.writes(t)
		resp, err := client.Get(base + "/packs/large/shards/" + shard)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || n != size {
			t.Fatalf("%d bytes of %d (%v)", n, size, err)
		}
		calls := p.writes(t) - before
		t.Logf("TLS %v: %d MiB in %d calls", secure, size>>20, calls)
		if !secure && calls > copied/2 {
			t.Errorf("%d calls for %d bytes: they are copied through memory", calls, size)
		}
		if secure && calls < copied {
			t.Errorf("%d calls for %d bytes by TLS: the count does not see copying", calls, size)
		}
	}
}
