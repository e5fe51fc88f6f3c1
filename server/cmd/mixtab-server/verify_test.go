package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"mixtab/demo"
	"mixtab/engine/weights"
	"mixtab/packdir"
	"mixtab/packdir/torrent"
	"mixtab/server"
)

// tinyPack is the demo in a folder of its own, with a torrent.
func tinyPack(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "tiny")
	err := os.CopyFS(dir, demo.FS())
	if err == nil {
		err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			return errors.Join(err, os.Chmod(name, map[bool]fs.FileMode{true: 0o755, false: 0o644}[d.IsDir()]))
		})
	}
	if err == nil {
		err = addTorrent(dir, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// addTorrent makes the torrent of a pack, after a change if there is one.
func addTorrent(dir string, change func(t *torrent.Torrent)) error {
	p, err := packdir.Open(dir)
	if err != nil {
		return err
	}
	r, err := p.Check(context.Background(), 1<<20, nil)
	if err != nil {
		return err
	}
	made := torrent.Torrent{Name: "tiny", PieceLength: 1 << 20, Pieces: r.Pieces, Files: r.Files, WebSeeds: []string{"https://example.com/packs/"}}
	if change != nil {
		change(&made)
	}
	b, err := made.Encode()
	if err != nil {
		return err
	}
	return packdir.WriteFile(filepath.Join(dir, weights.TorrentPath), b)
}

// shardsOf are the names of a pack's shards, the smaller one first.
func shardsOf(t *testing.T) []string {
	t.Helper()
	p, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range p.Manifest().Shards {
		names = append(names, weights.ShardPath(s.SHA256))
	}
	return names
}

func TestVerify(t *testing.T) {
	small, large := shardsOf(t)[0], shardsOf(t)[1]
	again := ": pack or download the model again"
	stale := "pack.torrent: is of another pack, or of an older one ("
	remake := "): make it again with tools/torrent, or remove it"
	write := func(file, text string) func(dir string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644) }
	}
	for _, tt := range []struct {
		name   string
		spoil  func(dir string) error
		faults []string // behind the folder's name, on standard error
		says   string   // on standard output, behind the folder's name
	}{
		{"whole", func(string) error { return nil }, nil, ": whole, and its torrent: 4 files, 6.8 MB, "},
		{"without a torrent", func(dir string) error { return os.Remove(dir + "/pack.torrent") }, nil, ": whole: 4 files, 6.8 MB, "},
		{"stranger", write("shards/old.bin", "123"), nil, ": shards/old.bin (0.0 MB) belongs to no pack: it is served to nobody, and may be removed\n"},
		{"name of another", func(dir string) error { return addTorrent(dir, func(t *torrent.Torrent) { t.Name = "demo" }) }, nil,
			"/pack.torrent: its clients look for the files under /demo/, but the pack is served as tiny: make it again with -name tiny, or serve the pack as demo\n"},
		{"everything", func(dir string) error {
			return errors.Join(os.Remove(dir+"/tokenizer.model"), os.Truncate(dir+"/"+small, 5), os.Remove(dir+"/"+large))
		}, []string{"tokenizer.model: is missing" + again, small + ": has 5 bytes, not 1702656" + again, large + ": is missing" + again}, ""},
		{"one byte", func(dir string) error {
			b, err := os.ReadFile(dir + "/" + large)
			b[4_000_000]++
			return errors.Join(err, os.WriteFile(dir+"/"+large, b, 0o644))
		}, []string{large + ": has other bytes than its name says" + again}, ""},
		{"swapped", func(dir string) error {
			return errors.Join(os.Rename(dir+"/"+small, dir+"/x"), os.Rename(dir+"/"+large, dir+"/"+small), os.Rename(dir+"/x", dir+"/"+large))
		}, []string{small + ": has 5013504 bytes, not 1702656" + again, large + ": has 1702656 bytes, not 5013504" + again}, ""},
		{"link out of the folder", func(dir string) error {
			return errors.Join(os.Rename(dir+"/"+small, dir+".bin"), os.Symlink(dir+".bin", dir+"/"+small))
		}, []string{small + ": is a link that leads nowhere, or out of the folder: put the file itself there"}, ""},
		{"garbage manifest", write("manifest.json", "<html>"),
			[]string{"manifest.json: is damaged or no manifest (invalid character '<' looking for beginning of value)" + again}, ""},
		{"manifest of a newer mixtab", write("manifest.json", `{"version": 9}`),
			[]string{"manifest.json: has format version 9, newer than this mixtab's (1): update mixtab"}, ""},
		{"other manifest, same pack", func(dir string) error {
			b, err := os.ReadFile(dir + "/manifest.json")
			return errors.Join(err, os.WriteFile(dir+"/manifest.json", bytes.Replace(b, []byte(`"version": 1`), []byte(`"version":  1`), 1)[:len(b)], 0o644))
		}, []string{stale + "the sum of its piece 0, in manifest.json, is another" + remake}, ""},
		{"torrent of another size", func(dir string) error {
			return addTorrent(dir, func(t *torrent.Torrent) { t.Files[2].Bytes++ })
		}, []string{stale + small + " has 1702657 bytes there and 1702656 in the pack" + remake}, ""},
		{"garbage torrent", write("pack.torrent", "d4:infoe"),
			[]string{"pack.torrent: is damaged or no torrent of a pack ("}, ""},
		{"torrent and shard", func(dir string) error {
			return errors.Join(write("pack.torrent", "")(dir), os.Truncate(dir+"/"+small, 5))
		}, []string{"pack.torrent: is damaged or no torrent of a pack (EOF): make it again with tools/torrent, or remove it", small + ": has 5 bytes, not 1702656" + again}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tinyPack(t)
			if err := tt.spoil(dir); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr strings.Builder
			err := run(t.Context(), []string{"verify", "-pack", dir}, &stdout, &stderr)
			want := map[int]string{0: "<nil>", 1: "1 fault was found"}[len(tt.faults)]
			if want == "" {
				want = fmt.Sprintf("%d faults were found", len(tt.faults))
			}
			if fmt.Sprint(err) != want {
				t.Errorf("it ended with %v, want %s", err, want)
			}
			lines := strings.Split(strings.TrimSuffix(stderr.String(), "\n"), "\n")
			if !slices.EqualFunc(lines, tt.faults, func(got, want string) bool { return strings.HasPrefix(got, dir+"/"+want) }) &&
				(len(tt.faults) > 0 || stderr.Len() > 0) {
				t.Errorf("it found\n%s\nwant\n%s", stderr.String(), strings.Join(tt.faults, "\n"))
			}
			if !strings.HasPrefix(stdout.String(), dir+tt.says) && (tt.says != "" || stdout.Len() > 0) {
				t.Errorf("it said\n%s\nwant\n%s%s", stdout.String(), dir, tt.says)
			}
		})
	}
}

func TestVerifySeveralPacks(t *testing.T) {
	whole, broken := tinyPack(t), tinyPack(t)
	if err := os.Remove(broken + "/tokenizer.model"); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	err := run(t.Context(), []string{"verify", "-pack", "broken=" + broken, "-pack", whole, "-pack", "gone=" + whole + "/gone"}, &stdout, &stderr)
	if err == nil || err.Error() != "2 faults were found" || !strings.Contains(stderr.String(), "/tokenizer.model: is missing") ||
		!strings.Contains(stderr.String(), "/gone: no such file or directory: name a folder that tools/pack wrote") || !strings.Contains(stdout.String(), whole+": whole") {
		t.Errorf("got %v\n%s%s", err, &stdout, &stderr)
	}
}

func TestVerifyIsInterrupted(t *testing.T) {
	dir := tinyPack(t)
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr strings.Builder
	err := run(ctx, []string{"verify", "-pack", dir}, &stdout, &stderr)
	if err == nil || err.Error() != dir+": interrupted: it is not verified" || stdout.Len()+stderr.Len() > 0 {
		t.Errorf("got %v %s%s", err, &stdout, &stderr)
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left", runtime.NumGoroutine()-before)
		}
	}
}

// The server leaves a torrent out that is not the pack's, and says what to do.
func TestTorrentAtStart(t *testing.T) {
	for _, tt := range []struct {
		name    string
		spoil   func(dir string) error
		offered bool
		says    string // in the log
	}{
		{"whole", func(string) error { return nil }, true, ""},
		{"none", func(dir string) error { return os.Remove(dir + "/pack.torrent") }, false, ""},
		{"stale", func(dir string) error { return addTorrent(dir, func(t *torrent.Torrent) { t.Files[1].Bytes-- }) }, false,
			"tokenizer.model has 46083 bytes there and 46084 in the pack): make it again with tools/torrent, or remove it"},
		{"garbage", func(dir string) error { return os.WriteFile(dir+"/pack.torrent", []byte("x"), 0o644) }, false, "is damaged or no torrent of a pack"},
		{"other name", func(dir string) error { return addTorrent(dir, func(t *torrent.Torrent) { t.Name = "other" }) }, true, "make it again with -name tiny"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tinyPack(t)
			if err := tt.spoil(dir); err != nil {
				t.Fatal(err)
			}
			root, err := os.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			var log strings.Builder
			store := server.Files(offered(root, "tiny", slog.New(slog.NewTextHandler(&log, nil))))
			if _, err := server.New(t.Context(), server.Config{Packs: map[string]server.Store{"tiny": store}}); err != nil {
				t.Fatal(err)
			}
			object, err := store.Open(t.Context(), weights.TorrentPath)
			if err == nil {
				object.Content.Close()
			}
			if (err == nil) != tt.offered || err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the torrent: %v, want it offered: %v", err, tt.offered)
			}
			if got := log.String(); !strings.Contains(got, tt.says) || strings.Count(got, "\n") != map[bool]int{true: 0, false: 1}[tt.says == ""] {
				t.Errorf("the log has %q, want one line with %q", got, tt.says)
			}
		})
	}
}
