package server

import (
	"bytes"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// writePack copies the test pack into a folder.
func writePack(t testing.TB) (dir string, shardPath string) {
	t.Helper()
	pack := testPack(t)
	dir = t.TempDir()
	if err := os.CopyFS(dir, pack); err != nil {
		t.Fatal(err)
	}
	shardPath, _ = shardOf(t, pack)
	return dir, shardPath
}

// countingListener counts the bytes that go out by the connection's ReadFrom from a
// file, which is where Linux copies inside the kernel.
type countingListener struct {
	net.Listener
	fromFile *atomic.Int64
}

type countingConn struct {
	*net.TCPConn
	fromFile *atomic.Int64
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countingConn{c.(*net.TCPConn), l.fromFile}, nil
}

func (c countingConn) ReadFrom(r io.Reader) (int64, error) {
	limited, ok := r.(*io.LimitedReader)
	if ok {
		_, ok = limited.R.(*os.File)
	}
	n, err := c.TCPConn.ReadFrom(r)
	if ok {
		c.fromFile.Add(n)
	}
	return n, err
}

// A shard goes from its file to the socket without passing through our memory.
func TestShardsGoBySendfile(t *testing.T) {
	dir, shard := writePack(t)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var fromFile atomic.Int64
	srv := httptest.NewUnstartedServer(newHandler(t, Config{Packs: map[string]Store{"test": Files(root.FS())}}))
	srv.Listener = countingListener{srv.Listener, &fromFile}
	srv.Start()
	defer srv.Close()

	resp, err := http.Get(srv.URL + shard)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	want, _ := os.ReadFile(filepath.Join(dir, filepath.FromSlash(shard[len("/packs/test/"):])))
	if err != nil || len(want) == 0 || !bytes.Equal(got, want) {
		t.Fatalf("got %d bytes, want the file's %d (%v)", len(got), len(want), err)
	}
	srv.Close()         // returns when the handler has, and with it the count
	const sniffed = 512 // net/http sends the first bytes itself
	if n := fromFile.Load(); n < int64(len(want))-sniffed {
		t.Errorf("%d of %d bytes were copied from file to socket", n, len(want))
	}
}

// Links out of the pack's folder lead nowhere: os.Root does not follow them.
func TestLinkOutOfThePack(t *testing.T) {
	dir, shard := writePack(t)
	file := filepath.Join(dir, filepath.FromSlash(shard[len("/packs/test/"):]))
	outside := filepath.Join(t.TempDir(), "outside.bin")
	if err := os.Rename(file, outside); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, file); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := New(t.Context(), Config{Packs: map[string]Store{"test": Files(root.FS())}}); err == nil {
		t.Error("a pack with a link to another folder was accepted")
	}
}

// FuzzRequest sends any path and any Range. Whatever comes back is bytes of a file that
// was meant to be served, in the amount that the headers announce.
func FuzzRequest(f *testing.F) {
	h, pack := testHandler(f)
	shard, _ := shardOf(f, pack)
	seeds := []struct{ path, ranges string }{
		{"/", ""}, {"/index.html", "bytes=0-4"}, {"/packs.json", ""}, {"/packs/test/manifest.json", "bytes=-5"},
		{"/packs/test/../../server.go", ""}, {"/packs/test/shards/../../../etc/passwd", ""}, {"/%2e%2e/%2e%2e/etc/passwd", ""},
		{"//etc/passwd", ""}, {"/packs//manifest.json", ""}, {"/packs/test/secret.txt", ""}, {"/packs/test\x00/manifest.json", ""},
		{"", ""}, {"*", ""}, {`/packs/test\..\secret.txt`, ""}, {"/assets/", ""},
		{shard, ""}, {shard, "bytes=0-"}, {shard, "bytes=0-0,2-3"}, {shard, "bytes=-0"}, {shard, "bytes=18446744073709551616-"},
		{shard, "bytes=9223372036854775807-9223372036854775807"}, {shard, "bytes= 1 - 2 "}, {shard, "bytes=--1"}, {shard, "bytes"},
		{shard, "BYTES=0-1"}, {shard, "bytes=0-1\r\nX: y"},
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s.path, s.ranges)
	}
	// A whole body is known by its hash, a part by being found in a whole.
	whole := make(map[string]bool)
	bodies := make(map[string][]byte)
	for _, files := range []map[string][]byte{contents(f, testPage()), contents(f, pack)} {
		for name, data := range files {
			if name != "secret.txt" {
				whole[contentHash(data)] = true
				bodies[name] = data
			}
		}
	}
	own := map[string]bool{"/packs.json": true, "/version": true, "/healthz": true}
	f.Fuzz(func(t *testing.T, path, ranges string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = path
		r.Header.Set("Range", ranges)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		body := w.Body.Bytes()
		switch w.Code {
		case 200:
			if !own[path] && !whole[contentHash(body)] {
				t.Errorf("%q gave a body that is no file of ours: %.80q", path, body)
			}
		case 206:
			if w.Header().Get("Content-Range") == "" {
				t.Errorf("%q %q: 206 without Content-Range", path, ranges)
			}
			found := own[path]
			for _, data := range bodies {
				found = found || bytes.Contains(data, body)
			}
			if !found {
				t.Errorf("%q %q gave a part of no file of ours", path, ranges)
			}
		case 404, 416:
			if len(body) > 200 || bytes.Contains(body, []byte("<")) {
				t.Errorf("%q %q: the error says %.80q", path, ranges, body)
			}
		default:
			t.Errorf("%q %q: status %d", path, ranges, w.Code)
		}
		if bytes.Contains(body, []byte("not in the manifest")) {
			t.Errorf("%q reaches a file that no manifest names", path)
		}
	})
}

func contents(t testing.TB, fsys fs.FS) map[string][]byte {
	files := make(map[string][]byte)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(fsys, name)
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	return files
}
