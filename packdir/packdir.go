// Package packdir keeps packs in a folder of the file system: it reads them, verifies
// them and writes them. docs/FORMAT.md says what such a folder holds.
package packdir

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"mixtab/engine/gpu"
	"mixtab/engine/weights"
)

// chunk is how much of a shard is in memory at once while it is read.
const chunk = 4 << 20

// A Pack is a folder whose manifest has been read and checked. It is safe for
// concurrent use, as its file system is.
type Pack struct {
	// Unverified switches off the check of a shard's SHA-256 before its first use.
	Unverified bool

	fsys     fs.FS
	name     string // what errors call the folder
	raw      []byte
	manifest *weights.Manifest

	mu       sync.Mutex
	verified map[string]bool
}

// Open reads the manifest of the pack in a folder.
func Open(dir string) (*Pack, error) {
	return open(os.DirFS(dir), dir)
}

// OpenFS reads the manifest of a pack that is the root of fsys, whose files must
// implement io.ReaderAt as those of os.DirFS and embed.FS do.
func OpenFS(fsys fs.FS) (*Pack, error) {
	return open(fsys, "the embedded pack")
}

func open(fsys fs.FS, name string) (*Pack, error) {
	raw, err := fs.ReadFile(fsys, weights.ManifestPath)
	p := &Pack{fsys: fsys, name: name, raw: raw, verified: map[string]bool{}}
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := fs.Stat(fsys, journalPath); err == nil {
			return nil, fmt.Errorf("%s: packing has not finished: run the same pack command again", name)
		}
		return nil, fmt.Errorf("%s: no %s there: name a folder that holds a pack", name, weights.ManifestPath)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: name a folder that holds a pack", p.path(weights.ManifestPath), reason(err))
	}
	if p.manifest, err = weights.ParseManifest(raw); err != nil {
		return nil, fmt.Errorf("%s: %w", p.path(weights.ManifestPath), err)
	}
	return p, nil
}

// Manifest is the pack's manifest. It must not be changed.
func (p *Pack) Manifest() *weights.Manifest { return p.manifest }

// Tokenizer reads the tokenizer's file and checks it; nil if the pack has none.
func (p *Pack) Tokenizer() ([]byte, error) {
	t := p.manifest.Tokenizer
	if t.Kind == weights.KindNone {
		return nil, nil
	}
	b, err := fs.ReadFile(p.fsys, t.File)
	switch sum := sha256.Sum256(b); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: is missing: %s", p.path(t.File), packAgain)
	case err != nil:
		return nil, fmt.Errorf("%s: %w: %s", p.path(t.File), reason(err), packAgain)
	case hex.EncodeToString(sum[:]) != t.SHA256:
		return nil, fmt.Errorf("%s: is damaged, or not the tokenizer that the manifest names: %s", p.path(t.File), packAgain)
	}
	return b, nil
}

// Source joins the pack with a device.
func (p *Pack) Source(dev gpu.Device) weights.Source { return &source{p, dev} }

type source struct {
	pack *Pack
	dev  gpu.Device
}

func (s *source) Manifest(context.Context) ([]byte, error)  { return s.pack.raw, nil }
func (s *source) Tokenizer(context.Context) ([]byte, error) { return s.pack.Tokenizer() }

func (s *source) Load(ctx context.Context, part weights.Part, dst gpu.Buffer, offset int) error {
	return s.pack.read(ctx, part, func(at int64, b []byte) error {
		return s.dev.Write(dst, offset+int(at), b)
	})
}

// Verify reads all shards and the tokenizer, and reports the first that is not what
// the manifest says. progress, which may be nil, is told the bytes read so far.
func (p *Pack) Verify(ctx context.Context, progress func(done, total int64)) error {
	if _, err := p.Tokenizer(); err != nil {
		return err
	}
	var done int64
	for _, s := range p.manifest.Shards {
		err := p.verify(ctx, s.SHA256, s.Bytes, func(n int) {
			done += int64(n)
			if progress != nil {
				progress(done, p.manifest.Bytes())
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

var buffers = sync.Pool{New: func() any { return new([chunk]byte) }}

// read gives use the bytes of a part in pieces, each with its place in the part.
func (p *Pack) read(ctx context.Context, part weights.Part, use func(at int64, b []byte) error) error {
	if err := p.verifyOnce(ctx, part.Shard); err != nil {
		return err
	}
	f, size, err := p.openShard(part.Shard)
	if err != nil {
		return err
	}
	defer f.Close()
	r, ok := f.(io.ReaderAt)
	if !ok {
		return fmt.Errorf("%s: its file system cannot read at an offset", p.name)
	}
	if part.Offset < 0 || part.Length < 0 || part.Offset > size-part.Length {
		return p.badShard(part.Shard, fmt.Sprintf("has %d bytes, too few", size))
	}
	buf := buffers.Get().(*[chunk]byte)
	defer buffers.Put(buf)
	for at := int64(0); at < part.Length; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := buf[:min(chunk, part.Length-at)]
		if _, err := r.ReadAt(b, part.Offset+at); err != nil {
			return p.badShard(part.Shard, reason(err).Error())
		}
		if err := use(at, b); err != nil {
			return err
		}
		at += int64(len(b))
	}
	return nil
}

func (p *Pack) verifyOnce(ctx context.Context, sha string) error {
	if p.Unverified {
		return nil
	}
	p.mu.Lock()
	done := p.verified[sha]
	p.mu.Unlock()
	if done {
		return nil
	}
	for _, s := range p.manifest.Shards {
		if s.SHA256 == sha {
			if err := p.verify(ctx, sha, s.Bytes, func(int) {}); err != nil {
				return err
			}
			p.mu.Lock()
			p.verified[sha] = true
			p.mu.Unlock()
			return nil
		}
	}
	return p.badShard(sha, "is not in the manifest")
}

func (p *Pack) verify(ctx context.Context, sha string, bytes int64, progress func(int)) error {
	f, size, err := p.openShard(sha)
	if err != nil {
		return err
	}
	defer f.Close()
	if size != bytes {
		return p.badShard(sha, fmt.Sprintf("has %d bytes, not %d", size, bytes))
	}
	got, err := hash(ctx, f, progress)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return p.badShard(sha, reason(err).Error())
	case got != sha:
		return p.badShard(sha, "has other bytes than its name says")
	}
	return nil
}

func (p *Pack) openShard(sha string) (fs.File, int64, error) {
	f, err := p.fsys.Open(weights.ShardPath(sha))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, p.badShard(sha, "is missing")
	}
	if err != nil {
		return nil, 0, p.badShard(sha, reason(err).Error())
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("is a folder")
	}
	if err != nil {
		f.Close()
		return nil, 0, p.badShard(sha, reason(err).Error())
	}
	return f, info.Size(), nil
}

const packAgain = "pack or download the model again"

func (p *Pack) badShard(sha, what string) error {
	return weights.BadShard("%s: %s: %s", p.path(weights.ShardPath(sha)), what, packAgain)
}

// path is what errors call a file of the pack.
func (p *Pack) path(file string) string { return filepath.Join(p.name, filepath.FromSlash(file)) }

// reason leaves out of an error the file's name, which an fs.FS knows only in part.
func reason(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// hash is the SHA-256 of all that r holds, in hexadecimal.
func hash(ctx context.Context, r io.Reader, progress func(int)) (string, error) {
	h := sha256.New()
	buf := buffers.Get().(*[chunk]byte)
	defer buffers.Put(buf)
	for {
		n, err := r.Read(buf[:])
		h.Write(buf[:n])
		progress(n)
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return "", err
		}
	}
}
