package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mixtab/packdir"
	"mixtab/packdir/torrent"
)

// aria2 is Debian's client, which finds others only by what the torrent says, and talks to
// this machine only.
func aria2(ctx context.Context, t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := exec.LookPath("aria2c")
	if err != nil {
		t.Skip("there is no aria2c, so no real client tries the torrent: tools/bootstrap.sh test installs it")
	}
	cmd := exec.CommandContext(ctx, exe, append([]string{"--no-conf", "--dir=" + dir, "--interface=127.0.0.1", "--disable-ipv6",
		"--listen-port=" + freePort(t) + "-65535", "--enable-dht=false", "--enable-dht6=false", "--enable-peer-exchange=false", "--bt-enable-lpd=false",
		"--file-allocation=none", "--summary-interval=0", "--console-log-level=notice", "--download-result=hide", "--show-console-readout=false",
		"--follow-torrent=mem", "--seed-time=0", "--auto-save-interval=1"}, args...)...)
	cmd.Env = []string{"HOME=" + t.TempDir()} // no proxy
	return cmd
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// download lets aria2 run to its end, and says what it said.
func download(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := aria2(ctx, t, dir, args...).CombinedOutput()
	return string(out), err
}

// same fails unless dir holds what the seed's pack holds, and that is a whole pack.
func (s *seed) same(t *testing.T, dir string) {
	t.Helper()
	p, err := packdir.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	made, err := os.ReadFile(s.dir + "/pack.torrent")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := torrent.Parse(made)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Check(t.Context(), parsed.PieceLength, nil)
	if err != nil || len(r.Faults) > 0 {
		t.Fatalf("the pack in %s: %v %v", dir, err, r)
	}
	if err := parsed.Compare(r.Pieces); err != nil {
		t.Error(err)
	}
	for _, f := range parsed.Files {
		want, err := os.ReadFile(filepath.Join(s.dir, f.Path))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, f.Path)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, or other bytes", f.Path, err)
		}
	}
}

// The whole pack from nothing but the address of its torrent.
func TestAria2(t *testing.T) {
	t.Parallel()
	s := newSeed(t, options{}, true, nil)
	dir := t.TempDir()
	if out, err := download(t, dir, s.url+"tiny/pack.torrent"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.same(t, dir+"/tiny")
	if entries, err := os.ReadDir(dir + "/tiny"); err != nil || len(entries) != 3 {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
}

// A copy with a wrong byte is repaired by one piece.
func TestAria2Repairs(t *testing.T) {
	t.Parallel()
	s := newSeed(t, options{}, true, nil)
	dir := t.TempDir()
	copyDemo(t, dir+"/tiny")
	files, err := filepath.Glob(dir + "/tiny/shards/*.bin")
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	b[1_000_000] ^= 1
	if err := os.WriteFile(files[0], b, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := download(t, dir, "--check-integrity", s.url+"tiny/pack.torrent"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.same(t, dir+"/tiny")
	if n := s.served.Load(); n < 256<<10 || n > 2<<20 {
		t.Errorf("the server sent %d bytes, want a piece of 256 KiB, and little more", n)
	}
}

// Killed in the middle, it goes on from what is on the disk.
func TestAria2Resumes(t *testing.T) {
	t.Parallel()
	s := newSeed(t, options{}, true, nil)
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	slow := aria2(ctx, t, dir, "--max-download-limit=2M", "--disk-cache=0", s.url+"tiny/pack.torrent")
	if err := slow.Start(); err != nil {
		t.Fatal(err)
	}
	// Each second it notes in a file which of the 26 pieces it has, a bit for each.
	const bitfield = 54
	for pieces := 0; pieces < 8 && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		if notes, err := os.ReadFile(dir + "/tiny.aria2"); err == nil && len(notes) >= bitfield+4 {
			pieces = bits.OnesCount32(binary.BigEndian.Uint32(notes[bitfield:]))
		}
	}
	slow.Process.Kill()
	if slow.Wait() == nil || ctx.Err() != nil {
		t.Fatalf("it was not killed in the middle: %d bytes were sent", s.served.Load())
	}
	before := s.served.Load()
	if out, err := download(t, dir, s.url+"tiny/pack.torrent"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.same(t, dir+"/tiny")
	if again := s.served.Load() - before; again > (26-8+1)*256<<10 {
		t.Errorf("after the kill %d bytes were fetched, of 6.8 MB: it did not go on where it was", again)
	}
}

// A byte that the web seed sends wrong, once, is noticed and fetched again.
func TestAria2NoticesWrongBytes(t *testing.T) {
	t.Parallel()
	var spoilt atomic.Int64
	const place = 3_000_000
	s := newSeed(t, options{}, true, func(file string, at int64, b []byte) {
		if strings.HasPrefix(file, "shards/") && at <= place && place < at+int64(len(b)) && spoilt.Add(1) == 1 {
			b[place-at] ^= 1
		}
	})
	dir := t.TempDir()
	out, err := download(t, dir, s.url+"tiny/pack.torrent")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if spoilt.Load() < 2 {
		t.Errorf("the byte was fetched %d times: nobody noticed that it was wrong\n%s", spoilt.Load(), out)
	}
	s.same(t, dir+"/tiny")
}

// One client gets the pack from another, which a tracker tells it of; the private torrent
// names no web seed.
func TestAria2FromAPeer(t *testing.T) {
	t.Parallel()
	// Who has everything is told to who has not, and only in this direction: two that dial
	// each other at the same time may give each other up.
	var mu sync.Mutex
	var whole string
	tracker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		port, err := strconv.Atoi(q.Get("port"))
		if err != nil {
			http.Error(w, "no port", http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		peers := whole
		if q.Get("left") == "0" {
			if q.Get("event") != "completed" {
				whole = string([]byte{127, 0, 0, 1, byte(port >> 8), byte(port)})
			}
			peers = ""
		}
		fmt.Fprintf(w, "d8:intervali1e12:min intervali1e5:peers%d:%se", len(peers), peers)
	}))
	defer tracker.Close()
	s := newSeed(t, options{trackers: []string{tracker.URL + "/announce"}, private: true}, false, nil)

	// On a busy machine aria2 now and then never speaks to a peer that it was told of; both
	// then begin anew.
	attempt := func(dir string) (string, error) {
		mu.Lock()
		whole = ""
		mu.Unlock()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		first := aria2(ctx, t, filepath.Dir(s.dir), "--seed-time=10", "--check-integrity", s.dir+"/pack.torrent")
		if err := first.Start(); err != nil {
			t.Fatal(err)
		}
		defer first.Wait()
		defer first.Process.Kill()
		for there := 0; there == 0 && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
			mu.Lock()
			there = len(whole)
			mu.Unlock()
		}
		out, err := aria2(ctx, t, dir, "--bt-tracker-interval=1", s.url+"tiny/pack.torrent").CombinedOutput()
		return string(out), err
	}
	var dir, out string
	var err error
	for range 3 {
		dir = t.TempDir()
		if out, err = attempt(dir); err == nil {
			break
		}
		t.Logf("%v: %s", err, out)
	}
	if err != nil {
		t.Fatal("three times in vain")
	}
	s.same(t, dir+"/tiny")
	if n := s.served.Load(); n > 20_000 {
		t.Errorf("the server sent %d bytes, more than the torrent", n)
	}
}

// Transmission has a web seed's code of its own.
func TestTransmission(t *testing.T) {
	t.Parallel()
	exe, err := exec.LookPath("transmission-cli")
	if err != nil {
		t.Skip("there is no transmission-cli, so no second client tries the torrent: tools/bootstrap.sh test installs it")
	}
	s := newSeed(t, options{}, true, nil)
	dir, home := t.TempDir(), t.TempDir()
	settings := `{"dht-enabled": false, "pex-enabled": false, "lpd-enabled": false, "utp-enabled": false, "port-forwarding-enabled": false,
		"bind-address-ipv4": "127.0.0.1", "bind-address-ipv6": "::1"}`
	finished := "#!/bin/sh\nkill $PPID\n" // it would seed for ever
	if err := errors.Join(os.WriteFile(home+"/settings.json", []byte(settings), 0o644), os.WriteFile(home+"/finished.sh", []byte(finished), 0o755)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, "-g", home, "-w", dir, "-p", freePort(t), "-M", "-f", home+"/finished.sh", s.dir+"/pack.torrent")
	cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
	if out, err := cmd.CombinedOutput(); ctx.Err() != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.same(t, dir+"/tiny")
}
