package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"mixtab/engine/weights"
	"mixtab/packdir"
)

// The test binary is the command itself where a test starts it as one.
func TestMain(m *testing.M) {
	if os.Getenv("MIXTAB_TEST_AS_COMMAND") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestCreate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "Tiny Pack")
	copyDemo(t, dir)
	var o options
	o.pack = dir
	if err := errors.Join(o.addWebSeed("https://example.com/packs"), o.addWebSeed("http://localhost:1/p/")); err != nil {
		t.Fatal(err)
	}
	var ended atomic.Int64
	r, err := create(t.Context(), o, func(done, total int64) {
		if done == total {
			ended.Store(total)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(dir + "/pack.torrent")
	if err != nil {
		t.Fatal(err)
	}
	if r.Out != dir+"/pack.torrent" || r.Name != "tiny-pack" || r.Files != 4 || r.Pieces != 26 || r.Bytes != ended.Load() || len(r.InfoHash) != 40 {
		t.Errorf("%+v, the end was told at %d bytes", r, ended.Load())
	}
	if !bytes.Contains(first, []byte("8:url-listl26:https://example.com/packs/21:http://localhost:1/p/e")) {
		t.Errorf("the web seeds are not there: %.400q", first)
	}
	if info, err := os.Stat(dir + "/pack.torrent"); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	// Another file in the folder, another time and the torrent itself change nothing.
	o.out = filepath.Join(t.TempDir(), "again.torrent")
	if _, err := create(t.Context(), o, nil); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(o.out); err != nil || !bytes.Equal(again, first) {
		t.Errorf("the same pack gave another torrent (%v)", err)
	}
}

// A pack with a fault gets no torrent, and keeps the one it has.
func TestCreateRefusesBadPacks(t *testing.T) {
	p, err := packdir.OpenFS(os.DirFS("../../demo/pack"))
	if err != nil {
		t.Fatal(err)
	}
	shard := weights.ShardPath(p.Manifest().Shards[1].SHA256)
	for _, tt := range []struct {
		name  string
		spoil func(dir string) error
		want  string // behind the folder's name
	}{
		{"one byte", func(dir string) error {
			b, err := os.ReadFile(dir + "/" + shard)
			b[12345] ^= 4
			return errors.Join(err, os.WriteFile(dir+"/"+shard, b, 0o644))
		}, "/" + shard + ": has other bytes than its name says: pack or download the model again"},
		{"several", func(dir string) error {
			return errors.Join(os.Truncate(dir+"/"+shard, 1), os.Remove(dir+"/tokenizer.model"))
		},
			"/tokenizer.model: is missing: pack or download the model again; and 1 more files have faults, which mixtab-server verify lists"},
		{"no pack", func(dir string) error { return os.Remove(dir + "/manifest.json") }, ": no manifest.json there: name a folder that holds a pack"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "tiny")
			copyDemo(t, dir)
			if err := errors.Join(os.WriteFile(dir+"/pack.torrent", []byte("old"), 0o644), tt.spoil(dir)); err != nil {
				t.Fatal(err)
			}
			_, err := create(t.Context(), options{pack: dir, webSeeds: []string{"https://example.com/"}}, nil)
			if err == nil || err.Error() != dir+tt.want {
				t.Errorf("got %v\nwant %s%s", err, dir, tt.want)
			}
			if old, err := os.ReadFile(dir + "/pack.torrent"); string(old) != "old" {
				t.Errorf("the old torrent is now %q (%v)", old, err)
			}
		})
	}
}

func TestCreateIsInterrupted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tiny")
	copyDemo(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := create(ctx, options{pack: dir, webSeeds: []string{"https://example.com/"}}, func(int64, int64) { cancel() })
	if err == nil || err.Error() != dir+": interrupted: no torrent was written" {
		t.Errorf("got %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return strings.Contains(e.Name(), "torrent") || strings.Contains(e.Name(), "tmp")
	}) {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
}

// The command as a script sees it: exit status, one line of error, one JSON object.
func TestCommand(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tiny")
	copyDemo(t, dir)
	seed := "https://example.com/packs/"
	for _, tt := range []struct {
		args   []string
		stderr string // "" where it goes well
	}{
		{[]string{"-pack", dir, "-web-seed", seed}, ""},
		{[]string{"-pack", dir, "-tracker", "udp://t.example:6969/announce", "-private"}, ""},
		{[]string{"-web-seed", seed}, "-pack is needed: see -h"},
		{[]string{"-pack", dir}, "-web-seed is needed, or -tracker"},
		{[]string{"-pack", dir, "-web-seed", seed, "-private"}, "-private needs -tracker"},
		{[]string{"-pack", dir, "-web-seed", "example.com/packs"}, "is no http or https URL"},
		{[]string{"-pack", dir, "-web-seed", "ftp://example.com/packs"}, "is no http or https URL"},
		{[]string{"-pack", dir, "-web-seed", seed + "?key=1"}, "must end with a folder"},
		{[]string{"-pack", dir, "-web-seed", seed + "tiny"}, "-web-seed https://example.com/packs/tiny/: name the folder above, https://example.com/packs/: clients add the pack's name tiny themselves"},
		{[]string{"-pack", dir, "-tracker", "nowhere"}, "is no http, https or udp URL"},
		{[]string{"-pack", dir, "-web-seed", seed, "-name", "Tiny Pack"}, `"Tiny Pack" is no name for a pack: use -name with lower-case letters`},
		{[]string{"-pack", dir + "/gone", "-web-seed", seed}, "-pack: open " + dir + "/gone: no such file or directory: name a folder that holds a pack"},
		{[]string{"-pack", dir, "-web-seed", seed, "-o", dir + "/gone/x"}, "no such file or directory"},
		{[]string{"-pack", dir, seed}, "unexpected argument"},
	} {
		var stdout, stderr bytes.Buffer
		cmd := exec.Command(os.Args[0], append([]string{"-json"}, tt.args...)...)
		cmd.Env = append(os.Environ(), "MIXTAB_TEST_AS_COMMAND=1")
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		if (err == nil) != (tt.stderr == "") || !strings.Contains(stderr.String(), tt.stderr) || strings.Count(stderr.String(), "\n") != min(1, len(tt.stderr)) {
			t.Errorf("%v ended with %v, and said %q; want one line with %q", tt.args, err, &stderr, tt.stderr)
		}
		var r report
		if tt.stderr == "" {
			if err := json.Unmarshal(stdout.Bytes(), &r); err != nil || !r.OK || !strings.HasPrefix(r.Magnet, "magnet:?xt=urn:btih:"+r.InfoHash) {
				t.Errorf("%v reported %s (%v)", tt.args, &stdout, err)
			}
		}
	}
}
