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
	"time"

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
	checks   map[string]*check // by shard
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
	p := &Pack{fsys: fsys, name: name, raw: raw, checks: map[string]*check{}}
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
	for _, s := range p.manifest.Shards {
		p.checks[s.SHA256] = &check{want: s.Bytes}
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

// An uploader lends its staging memory: the file is read right into it, which spares a
// copy. Native devices do so.
type uploader interface {
	Upload(ctx context.Context, b gpu.Buffer, offset, n int, fill func(at int, dst []byte) error) error
}

func (s *source) Load(ctx context.Context, part weights.Part, dst gpu.Buffer, offset int) error {
	o, err := s.pack.openPart(ctx, part)
	if err != nil {
		return err
	}
	defer o.file.Close()
	fill := func(at int, dst []byte) error { return o.read(ctx, at, dst) }
	if up, ok := s.dev.(uploader); ok {
		return up.Upload(ctx, dst, offset, int(part.Length), fill)
	}
	buf := buffers.Get().(*[chunk]byte)
	defer buffers.Put(buf)
	for at := 0; at < int(part.Length); at += chunk {
		b := buf[:min(chunk, int(part.Length)-at)]
		if err := fill(at, b); err != nil {
			return err
		}
		if err := s.dev.Write(dst, offset+at, b); err != nil {
			return err
		}
	}
	return nil
}

// Verify reads all shards and the tokenizer, and reports the first that is not what
// the manifest says. progress, which may be nil, is told the bytes read so far.
func (p *Pack) Verify(ctx context.Context, progress func(done, total int64)) error {
	if _, err := p.Tokenizer(); err != nil {
		return err
	}
	var done int64
	for _, s := range p.manifest.Shards {
		f, err := p.openShard(s.SHA256)
		if err != nil {
			return err
		}
		err = p.verify(ctx, f, func(n int) {
			done += int64(n)
			if progress != nil {
				progress(done, p.manifest.Bytes())
			}
		})
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

var buffers = sync.Pool{New: func() any { return new([chunk]byte) }}

// An openPart is a part whose shard is open and verified.
type openPart struct {
	pack *Pack
	part weights.Part
	file shardFile
}

func (p *Pack) openPart(ctx context.Context, part weights.Part) (*openPart, error) {
	f, err := p.openShard(part.Shard)
	if err != nil {
		return nil, err
	}
	err = p.verifyOnce(ctx, f)
	if err == nil && (part.Offset < 0 || part.Length < 0 || part.Offset > f.size-part.Length) {
		err = p.badShard(part.Shard, fmt.Sprintf("has %d bytes, too few", f.size))
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &openPart{p, part, f}, nil
}

// read fills dst with the bytes from place at of the part on.
func (o *openPart) read(ctx context.Context, at int, dst []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := o.file.ReadAt(dst, o.part.Offset+int64(at))
	if errors.Is(err, io.EOF) {
		return o.pack.badShard(o.part.Shard, "was cut short while it was read")
	}
	if err != nil {
		return o.pack.badShard(o.part.Shard, reason(err).Error())
	}
	return nil
}

// A check is the verification of one shard. The file may be replaced while the pack is
// open, so it is good for a file of this size and time only.
type check struct {
	want int64 // bytes

	mu   sync.Mutex // held while verifying, so that nobody else does
	done bool
	size int64
	time time.Time
}

func (p *Pack) verifyOnce(ctx context.Context, f shardFile) error {
	if p.Unverified {
		return nil
	}
	c := p.checks[f.sha]
	if c == nil {
		return p.badShard(f.sha, "is not in the manifest")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done && c.size == f.size && c.time.Equal(f.time) {
		return nil
	}
	if err := p.verify(ctx, f, func(int) {}); err != nil {
		return err
	}
	c.done, c.size, c.time = true, f.size, f.time
	return nil
}

func (p *Pack) verify(ctx context.Context, f shardFile, progress func(int)) error {
	if want := p.checks[f.sha].want; f.size != want {
		return p.badShard(f.sha, fmt.Sprintf("has %d bytes, not %d", f.size, want))
	}
	got, err := hash(ctx, io.NewSectionReader(f, 0, f.size), progress)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return p.badShard(f.sha, reason(err).Error())
	case got != f.sha:
		return p.badShard(f.sha, "has other bytes than its name says")
	}
	return nil
}

// A shardFile is an open shard. One that is deleted meanwhile can be read to its end.
type shardFile struct {
	io.ReaderAt
	io.Closer
	sha  string
	size int64
	time time.Time
}

func (p *Pack) openShard(sha string) (shardFile, error) {
	f, err := p.fsys.Open(weights.ShardPath(sha))
	if errors.Is(err, fs.ErrNotExist) {
		return shardFile{}, p.badShard(sha, "is missing")
	}
	if err != nil {
		return shardFile{}, p.badShard(sha, reason(err).Error())
	}
	info, err := f.Stat()
	r, ok := f.(io.ReaderAt)
	switch {
	case err == nil && info.IsDir():
		err = errors.New("is a folder")
	case err == nil && !ok:
		err = errors.New("its file system cannot read at an offset")
	}
	if err != nil {
		f.Close()
		return shardFile{}, p.badShard(sha, reason(err).Error())
	}
	return shardFile{r, f, sha, info.Size(), info.ModTime()}, nil
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
