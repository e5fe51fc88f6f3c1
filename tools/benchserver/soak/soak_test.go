package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The whole program, for a short while. make soak-server has the long one.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 15 s")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command to build the server with")
	}
	server := filepath.Join(t.TempDir(), "mixtab-server")
	if out, err := exec.Command("go", "build", "-o", server, "mixtab/server/cmd/mixtab-server").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var out strings.Builder
	err := run(context.Background(), server, 4*time.Second, &out)
	t.Log(out.String())
	if err != nil {
		t.Fatal(err)
	}
}

// A client that takes whatever comes would let every soak pass.
func TestGoodClientsNotice(t *testing.T) {
	p, err := openPack(filepath.Join(t.TempDir(), "pack"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	files := http.StripPrefix("/packs/noise/", http.FileServer(http.Dir(p.dir)))
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		wrong   string // part of what is noticed
	}{
		"the right bytes": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", etagOf(r))
			files.ServeHTTP(w, r)
		}, ""},
		"one wrong byte": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", etagOf(r))
			files.ServeHTTP(&flipping{ResponseWriter: w}, r)
		}, "wrong bytes"},
		"a cut": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", etagOf(r))
			files.ServeHTTP(&cutting{w, 50_000}, r)
		}, "cut after"},
		"another file's ETag": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"x"`)
			files.ServeHTTP(w, r)
		}, "ETag"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(c.handler)
			defer srv.Close()
			tally := newTally()
			client := newClient(keptAlive, 1, srv.Listener.Addr().String(), "", p, tally)
			defer client.http.CloseIdleConnections()
			shard := p.shards[len(p.shards)-1]
			client.want(context.Background(), shard, http.StatusOK, 0, shard.Bytes)
			client.want(context.Background(), shard, http.StatusPartialContent, 1000, 200_000, "Range", "bytes=1000-199999")
			switch err := tally.err(); {
			case c.wrong == "" && (err != nil || tally.responses != 2):
				t.Errorf("%d right answers, want 2; %v", tally.responses, err)
			case c.wrong != "" && (err == nil || tally.wrongs != 2 || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("noticed: %v", err)
			}
		})
	}
}

func etagOf(r *http.Request) string {
	name, _, _ := strings.Cut(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:], ".")
	return `"` + name + `"`
}

// flipping changes one bit of what a handler writes first.
type flipping struct {
	http.ResponseWriter
	done bool
}

func (f *flipping) Write(p []byte) (int, error) {
	if !f.done {
		f.done = true
		p = slices.Clone(p)
		p[len(p)/2] ^= 1
	}
	return f.ResponseWriter.Write(p)
}

// cutting breaks the connection off.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(p []byte) (int, error) {
	if c.left -= len(p); c.left < 0 {
		panic(http.ErrAbortHandler)
	}
	return c.ResponseWriter.Write(p)
}

func TestFlat(t *testing.T) {
	var flat, grows course
	for i := range int64(100) {
		flat = append(flat, 40<<20+i%7<<20)
		grows = append(grows, 40<<20+i<<20)
	}
	if err := flat.flat(); err != nil {
		t.Error(err)
	}
	if grows.flat() == nil {
		t.Error("100 MB more is taken for flat")
	}
}
