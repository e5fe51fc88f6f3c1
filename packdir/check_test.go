package packdir

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"mixtab/demo"
	"mixtab/engine/weights"
)

// The sums of pieces are those of all files laid end to end, wherever the cuts fall and
// however many read at once.
func TestPieces(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, demo.FS()); err != nil {
		t.Fatal(err)
	}
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := p.Files()
	if err != nil {
		t.Fatal(err)
	}
	var whole []byte
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Path))
		if err != nil || int64(len(b)) != f.Bytes {
			t.Fatalf("%s has %d bytes, want %d (%v)", f.Path, len(b), f.Bytes, err)
		}
		whole = append(whole, b...)
	}
	sizes := []int64{1000, 16 << 10, files[0].Bytes, files[0].Bytes + files[1].Bytes, 1 << 20, 3<<20 + 7, int64(len(whole)) - 1, int64(len(whole)), 64 << 20}
	for _, size := range sizes {
		var want [][sha1.Size]byte
		for piece := range slices.Chunk(whole, int(size)) {
			want = append(want, sha1.Sum(piece))
		}
		for _, processors := range []int{1, 8} {
			before := runtime.GOMAXPROCS(processors)
			var last atomic.Int64
			r, err := p.Check(t.Context(), size, func(done, total int64) {
				if total != int64(len(whole)) || done > total {
					t.Errorf("told %d of %d bytes, there are %d", done, total, len(whole))
				}
				if done == total {
					last.Add(1)
				}
			})
			runtime.GOMAXPROCS(before)
			if err != nil || len(r.Faults) > 0 {
				t.Fatal(err, r)
			}
			if !slices.Equal(r.Pieces, want) {
				t.Errorf("pieces of %d bytes with %d processors: other sums", size, processors)
			}
			if !slices.Equal(r.Files, files) || last.Load() == 0 {
				t.Errorf("the end was not told of, or other files were: %v", r.Files)
			}
		}
	}
}

// Many small files in one piece, and pieces with bytes of three files, in any order.
func TestPiecesOfManyFiles(t *testing.T) {
	var files []File
	var whole []byte
	for i := range 40 {
		n := []int{0, 1, 5, 64, 3, 130}[i%6]
		files = append(files, File{Bytes: int64(n)})
		for range n {
			whole = append(whole, byte(len(whole)))
		}
	}
	for _, length := range []int64{1, 2, 7, 64, 100, 5000} {
		p := newPieces(files, length)
		place := int64(len(whole))
		for _, f := range slices.Backward(files) {
			place -= f.Bytes
			c := p.file(place, f.Bytes)
			for piece := range slices.Chunk(whole[place:place+f.Bytes], 3) {
				c.write(piece)
			}
		}
		var want [][sha1.Size]byte
		for piece := range slices.Chunk(whole, int(length)) {
			want = append(want, sha1.Sum(piece))
		}
		if !slices.Equal(p.sums, want) || len(p.seams) > 0 {
			t.Errorf("pieces of %d bytes: other sums, or %d seams left", length, len(p.seams))
		}
	}
}

// What can be wrong with a folder, and what Check says to it. The pack has a tokenizer and
// two shards.
func TestFaults(t *testing.T) {
	p, err := OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	small, large := weights.ShardPath(p.manifest.Shards[0].SHA256), weights.ShardPath(p.manifest.Shards[1].SHA256)
	again := ": pack or download the model again"
	for _, tt := range []struct {
		name  string
		spoil func(dir string) error
		want  []string // behind the folder's name
	}{
		{"nothing", func(string) error { return nil }, nil},
		{"all missing", func(dir string) error {
			return errors.Join(os.RemoveAll(dir+"/shards"), os.Remove(dir+"/tokenizer.model"))
		}, []string{"tokenizer.model: is missing" + again, small + ": is missing" + again, large + ": is missing" + again}},
		{"truncated", func(dir string) error { return os.Truncate(dir+"/"+large, 7) },
			[]string{large + ": has 7 bytes, not 5013504" + again}},
		{"a byte too many", func(dir string) error { return os.Truncate(dir+"/"+large, 5013505) },
			[]string{large + ": has 5013505 bytes, not 5013504" + again}},
		{"one bit", func(dir string) error { return flip(dir+"/"+large, 5013503) },
			[]string{large + ": has other bytes than its name says" + again}},
		{"a bit in each", func(dir string) error {
			return errors.Join(flip(dir+"/tokenizer.model", 0), flip(dir+"/"+small, 100), flip(dir+"/"+large, 0))
		}, []string{"tokenizer.model: is damaged, or not the tokenizer that the manifest names" + again,
			small + ": has other bytes than its name says" + again, large + ": has other bytes than its name says" + again}},
		{"folder", func(dir string) error { return errors.Join(os.Remove(dir+"/"+small), os.Mkdir(dir+"/"+small, 0o755)) },
			[]string{small + ": is a folder" + again}},
		{"link inside", func(dir string) error {
			return errors.Join(os.Rename(dir+"/"+small, dir+"/a"), os.Symlink("../a", dir+"/"+small))
		}, nil},
		{"link outside", func(dir string) error {
			return errors.Join(os.Rename(dir+"/"+small, dir+".bin"), os.Symlink("../../pack.bin", dir+"/"+small))
		}, []string{small + ": is a link that leads nowhere, or out of the folder: put the file itself there"}},
		{"link to nothing", func(dir string) error {
			return errors.Join(os.Remove(dir+"/tokenizer.model"), os.Symlink("gone", dir+"/tokenizer.model"))
		}, []string{"tokenizer.model: is a link that leads nowhere, or out of the folder: put the file itself there"}},
		{"huge tokenizer", func(dir string) error { return os.Truncate(dir+"/tokenizer.model", 1<<40) },
			[]string{"tokenizer.model: has 1099511627776 bytes, too many for what it is" + again}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pack")
			if err := errors.Join(os.CopyFS(dir, demo.FS()), chmod(dir), tt.spoil(dir)); err != nil {
				t.Fatal(err)
			}
			root, err := os.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			p, err := OpenRoot(root)
			if err != nil {
				t.Fatal(err)
			}
			r, err := p.Check(t.Context(), 1<<20, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, fault := range r.Faults {
				got = append(got, strings.TrimPrefix(fault.Error(), dir+"/"))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			if (r.Pieces == nil) != (len(tt.want) > 0) {
				t.Errorf("%d pieces with %d faults", len(r.Pieces), len(r.Faults))
			}
		})
	}
}

// chmod makes a copy of embedded files, which are read-only, writable.
func chmod(dir string) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		return errors.Join(err, os.Chmod(name, map[bool]fs.FileMode{true: 0o755, false: 0o644}[d.IsDir()]))
	})
}

// flip changes a bit of a file.
func flip(file string, at int64) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	var b [1]byte
	_, err = f.ReadAt(b[:], at)
	b[0] ^= 1
	_, err2 := f.WriteAt(b[:], at)
	return errors.Join(err, err2, f.Close())
}

// Two shards of equal size under each other's names are told apart from damaged ones.
func TestSwappedShards(t *testing.T) {
	dir := t.TempDir()
	m := write(t, dir)
	a, b := filepath.Join(dir, weights.ShardPath(m.Shards[0].SHA256)), filepath.Join(dir, weights.ShardPath(m.Shards[1].SHA256))
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Rename(a, dir+"/x"), os.Rename(b, a), os.Rename(dir+"/x", b)); err != nil {
		t.Fatal(err)
	}
	// The made pack's shards have different sizes, by which each would be told already.
	p.checks[m.Shards[0].SHA256].want, p.checks[m.Shards[1].SHA256].want = m.Shards[1].Bytes, m.Shards[0].Bytes
	r, err := p.Check(t.Context(), 0, nil)
	if err != nil || len(r.Faults) != 2 {
		t.Fatal(err, r)
	}
	for i, fault := range r.Faults {
		want := "holds the bytes of the shard " + m.Shards[1-i].SHA256 + ": give the files their own names"
		if !strings.HasSuffix(fault.Error(), want) || !errors.Is(fault, weights.ErrBadShard) {
			t.Errorf("got %v\nwant …%s", fault, want)
		}
	}
}

// forbidden is a file system in which some files must not be read, as root may read all
// of a real one.
type forbidden struct {
	fs.FS
	name string
}

func (f forbidden) Open(name string) (fs.File, error) {
	if name == f.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.FS.Open(name)
}

func TestForbidden(t *testing.T) {
	whole, err := OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	want := ": must not be read by this user: give leave to read it, and to enter its folder (chmod -R a+rX)"
	for _, f := range []string{"tokenizer.model", weights.ShardPath(whole.manifest.Shards[0].SHA256)} {
		p, err := open(forbidden{demo.FS(), f}, "pack")
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Check(t.Context(), 0, nil)
		if err != nil || len(r.Faults) != 1 || r.Faults[0].Error() != "pack/"+f+want {
			t.Errorf("got %v, %v; want pack/%s%s", r, err, f, want)
		}
	}
	if _, err := open(forbidden{demo.FS(), "manifest.json"}, "pack"); err == nil || err.Error() != "pack/manifest.json"+want {
		t.Errorf("got %v", err)
	}
}

// A fault of the disk in one shard leaves the others to be checked.
func TestReadErrorInCheck(t *testing.T) {
	dir := t.TempDir()
	m := write(t, dir)
	var first atomic.Bool
	p, err := open(&faulty{FS: os.DirFS(dir), readAt: func(f io.ReaderAt, b []byte, at int64) (int, error) {
		if first.CompareAndSwap(false, true) {
			return 0, syscall.EIO
		}
		return f.ReadAt(b, at)
	}}, dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Check(t.Context(), 0, nil)
	if err != nil || len(r.Faults) != 1 || !strings.Contains(r.Faults[0].Error(), "input/output error: pack or download") {
		t.Errorf("got %v, %v of %d shards", r, err, len(m.Shards))
	}
}

func TestCheckIsCancelled(t *testing.T) {
	dir := t.TempDir()
	write(t, dir)
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	p, err := open(&faulty{FS: os.DirFS(dir), readAt: func(f io.ReaderAt, b []byte, at int64) (int, error) {
		cancel()
		return f.ReadAt(b, at)
	}}, dir)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := p.Check(ctx, 1000, nil); r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", r, err)
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left", runtime.NumGoroutine()-before)
		}
	}
}

func TestStrangers(t *testing.T) {
	dir := t.TempDir()
	m := write(t, dir)
	for _, name := range []string{"pack.torrent", "README", "shards/" + tempPrefix + "9", "shards/old.bin", ".keep"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("12345"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Strangers()
	if want := []File{{"README", 5}, {"shards/" + tempPrefix + "9", 5}, {"shards/old.bin", 5}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v, none of the %d shards", got, err, want, len(m.Shards))
	}
}

// Whatever manifest a folder holds, what is said of it is one line for each file at most,
// and the pieces are all there or none.
func FuzzManifest(f *testing.F) {
	dir := f.TempDir()
	plan, shards := made(f)
	w, err := create(dir, "a")
	if err != nil {
		f.Fatal(err)
	}
	var names []string
	for i, s := range shards {
		name, err := w.Put(i, s)
		if err != nil {
			f.Fatal(err)
		}
		names = append(names, name)
	}
	m := plan.Manifest(names)
	m.Tokenizer = weights.Tokenizer{Kind: weights.KindHuggingFace, File: "tokenizer.json", SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", VocabSize: 100}
	if err := w.Finish(m, []byte{}); err != nil {
		f.Fatal(err)
	}
	folder := fstest.MapFS{}
	for name, data := range map[string][]byte{"tokenizer.json": {}, weights.ShardPath(names[0]): shards[0], weights.ShardPath(names[1]): shards[1]} {
		folder[name] = &fstest.MapFile{Data: data}
	}
	raw, err := os.ReadFile(dir + "/manifest.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(bytes.Replace(raw, []byte(names[0]), []byte(names[1]), 1))
	f.Add(bytes.ReplaceAll(raw, []byte(names[0]), []byte(strings.Repeat("0", 64))))
	f.Add(bytes.Replace(raw, []byte("tokenizer.json"), []byte("../../etc/pass"), 1))
	f.Add(bytes.Replace(raw, fmt.Appendf(nil, `"bytes": %d`, len(shards[1])), []byte(`"bytes": 1000000000000`), 1))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		fsys := maps.Clone(folder)
		fsys[weights.ManifestPath] = &fstest.MapFile{Data: b}
		p, err := OpenFS(fsys)
		if err != nil {
			return
		}
		r, err := p.Check(t.Context(), 16<<10, nil)
		if err != nil {
			t.Fatal(err)
		}
		var total int64
		for _, file := range r.Files {
			total += file.Bytes
			if !fs.ValidPath(file.Path) {
				t.Errorf("the file %q", file.Path)
			}
		}
		if len(r.Faults) > len(r.Files) || (r.Pieces == nil) != (len(r.Faults) > 0) || r.Pieces != nil && int64(len(r.Pieces)) != (total+16<<10-1)/(16<<10) {
			t.Errorf("%d faults, %d pieces of %d files", len(r.Faults), len(r.Pieces), len(r.Files))
		}
		for _, fault := range r.Faults {
			if strings.Contains(fault.Error(), "\n") {
				t.Errorf("several lines: %v", fault)
			}
		}
	})
}
