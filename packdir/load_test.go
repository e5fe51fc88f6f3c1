package packdir

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/weights"
)

// faulty is a file system whose shards fail as told.
type faulty struct {
	fs.FS
	readAt func(f io.ReaderAt, b []byte, at int64) (int, error)
}

func (f *faulty) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if err != nil || !strings.HasPrefix(name, "shards/") {
		return file, err
	}
	return &faultyFile{file, f}, nil
}

type faultyFile struct {
	fs.File
	fsys *faulty
}

func (f *faultyFile) ReadAt(b []byte, at int64) (int, error) {
	return f.fsys.readAt(f.File.(io.ReaderAt), b, at)
}

// expert is a part of the pack and a buffer for it.
func expert(t *testing.T, p *Pack) (weights.Part, *fakeBuffer) {
	t.Helper()
	tensor, err := p.Manifest().Tensor(weights.Expert(1, 2, weights.Up))
	if err != nil {
		t.Fatal(err)
	}
	return tensor.Parts[0], &fakeBuffer{data: make([]byte, tensor.Bytes())}
}

func TestReadFaults(t *testing.T) {
	for _, tt := range []struct {
		name   string
		readAt func(f io.ReaderAt, b []byte, at int64) (int, error)
		want   string
	}{
		{"read error", func(f io.ReaderAt, b []byte, at int64) (int, error) {
			return 0, &fs.PathError{Op: "read", Path: "x", Err: errors.New("input/output error")}
		}, ": input/output error: pack or download the model again"},
		{"short read", func(f io.ReaderAt, b []byte, at int64) (int, error) {
			n, _ := f.ReadAt(b[:len(b)/2], at)
			return n, io.EOF
		}, ": was cut short while it was read: pack or download the model again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			m := write(t, dir)
			path := filepath.Join(dir, "shards", m.Shards[1].SHA256+".bin")
			healthy := func(f io.ReaderAt, b []byte, at int64) (int, error) { return f.ReadAt(b, at) }
			fsys := &faulty{FS: os.DirFS(dir), readAt: healthy}
			p, err := open(fsys, dir)
			if err != nil {
				t.Fatal(err)
			}
			part, buf := expert(t, p)
			load := func() error { return p.Source(fakeDevice{}).Load(t.Context(), part, buf, 0) }
			if err := load(); err != nil {
				t.Fatal(err)
			}
			fsys.readAt = tt.readAt
			if err := load(); !errors.Is(err, weights.ErrBadShard) || err.Error() != path+tt.want {
				t.Errorf("got %v\nwant %s%s", err, path, tt.want)
			}
			fsys.readAt = healthy
			if err := load(); err != nil { // a fault that passes leaves nothing behind
				t.Error(err)
			}
		})
	}
}

// What happens to the folder while the pack is in use.
func TestChangedUnderUs(t *testing.T) {
	again := ": pack or download the model again"
	for _, tt := range []struct {
		name   string
		change func(path string) error
		want   string // "" where all goes on
	}{
		{"truncated", func(p string) error { return os.Truncate(p, 100) }, ": has 100 bytes, not"},
		{"deleted", os.Remove, ": is missing" + again},
		{"pack deleted", func(p string) error { return os.RemoveAll(filepath.Dir(filepath.Dir(p))) }, ": is missing" + again},
		{"replaced by other bytes", func(p string) error {
			info, err := os.Stat(p)
			return errors.Join(err, os.WriteFile(p, make([]byte, info.Size()), 0o644), os.Chtimes(p, time.Time{}, time.Unix(1, 0)))
		}, ": has other bytes than its name says" + again},
		{"replaced by other bytes of the same time", func(p string) error {
			info, err := os.Stat(p)
			if err != nil {
				return err
			}
			other := p + ".other"
			return errors.Join(os.WriteFile(other, make([]byte, info.Size()), 0o644), os.Chtimes(other, time.Time{}, info.ModTime()), os.Rename(other, p))
		}, ": has other bytes than its name says" + again},
		{"replaced by its equal", func(p string) error {
			b, err := os.ReadFile(p)
			return errors.Join(err, os.Remove(p), os.WriteFile(p, b, 0o644))
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pack")
			m := write(t, dir)
			p, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			part, buf := expert(t, p)
			src := p.Source(fakeDevice{})
			if err := src.Load(t.Context(), part, buf, 0); err != nil {
				t.Fatal(err)
			}
			opened, err := p.openPart(t.Context(), part)
			if err != nil {
				t.Fatal(err)
			}
			defer opened.file.Close()
			path := filepath.Join(dir, "shards", m.Shards[1].SHA256+".bin")
			if err := tt.change(path); err != nil {
				t.Fatal(err)
			}
			err = src.Load(t.Context(), part, buf, 0)
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (!errors.Is(err, weights.ErrBadShard) || !strings.HasPrefix(err.Error(), path+tt.want) || !strings.HasSuffix(err.Error(), again)):
				t.Errorf("got %v\nwant %s%s", err, path, tt.want)
			}
			if strings.Contains(tt.name, "deleted") { // a load that is under way ends well
				if err := opened.read(t.Context(), 0, make([]byte, part.Length)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// Many loads at once of one shard hash it once.
func TestLoadsAtOnce(t *testing.T) {
	dir := t.TempDir()
	m := write(t, dir)
	var read atomic.Int64
	fsys := &faulty{FS: os.DirFS(dir), readAt: func(f io.ReaderAt, b []byte, at int64) (int, error) {
		n, err := f.ReadAt(b, at)
		read.Add(int64(n))
		return n, err
	}}
	p, err := open(fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	_, shards := made(t)
	src := p.Source(fakeDevice{})
	var loaded int64
	var group sync.WaitGroup
	for e := range 4 {
		for _, name := range weights.ExpertNames {
			tensor, err := p.Manifest().Tensor(weights.Expert(0, e, name))
			if err != nil {
				t.Fatal(err)
			}
			part := tensor.Parts[0]
			loaded += part.Length
			group.Go(func() {
				buf := &fakeBuffer{data: make([]byte, part.Length)}
				if err := src.Load(t.Context(), part, buf, 0); err != nil || !bytes.Equal(buf.data, shards[1][part.Offset:part.Offset+part.Length]) {
					t.Errorf("%s: %v, or other bytes", tensor.Name, err)
				}
			})
		}
	}
	group.Wait()
	if want := m.Shards[1].Bytes + loaded; read.Load() != want {
		t.Errorf("%d bytes were read, want the shard once and each part: %d", read.Load(), want)
	}
}

// A device that lends its memory gets the file's bytes right into it.
type lendingDevice struct{ fakeDevice }

func (lendingDevice) Upload(ctx context.Context, b gpu.Buffer, offset, n int, fill func(at int, dst []byte) error) error {
	const piece = 1000
	for at := 0; at < n; at += piece {
		if err := fill(at, b.(*fakeBuffer).data[offset+at:offset+min(at+piece, n)]); err != nil {
			return err
		}
	}
	return nil
}

func TestUploader(t *testing.T) {
	dir := t.TempDir()
	write(t, dir)
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	part, want := expert(t, p)
	_, got := expert(t, p)
	if err := errors.Join(p.Source(fakeDevice{}).Load(t.Context(), part, want, 0), p.Source(lendingDevice{}).Load(t.Context(), part, got, 0)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.data, want.data) || bytes.Equal(got.data, make([]byte, len(got.data))) {
		t.Error("other bytes, or none")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Source(lendingDevice{}).Load(gone, part, got, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
