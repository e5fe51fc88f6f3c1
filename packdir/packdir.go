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
	checks   map[string]*check // by shard
}

// Open reads the manifest of the pack in a folder.
func Open(dir string) (*Pack, error) {
	return open(os.DirFS(dir), dir)
}

// OpenRoot reads the manifest of the pack in a folder, and follows no link out of it, as
// servers do not.
func OpenRoot(root *os.Root) (*Pack, error) {
	return open(root.FS(), root.Name())
}

// OpenFS reads the manifest of a pack that is the root of fsys, whose files must
// implement io.ReaderAt as those of os.DirFS and embed.FS do.
func OpenFS(fsys fs.FS) (*Pack, error) {
	return open(fsys, "the embedded pack")
}

func open(fsys fs.FS, name string) (*Pack, error) {
	p := &Pack{fsys: fsys, name: name, checks: map[string]*check{}}
	var err error
	p.raw, err = p.readFile(weights.ManifestPath)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := fs.Stat(fsys, journalPath); err == nil {
			return nil, fmt.Errorf("%s: packing has not finished: run the same pack command again", name)
		}
		return nil, fmt.Errorf("%s: no %s there: name a folder that holds a pack", name, weights.ManifestPath)
	}
	if err != nil {
		return nil, p.unreadable(weights.ManifestPath, err, "name a folder that holds a pack")
	}
	if p.manifest, err = weights.ParseManifest(p.raw); err != nil {
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
	b, err := p.readFile(t.File)
	switch sum := sha256.Sum256(b); {
	case err != nil:
		return nil, p.unreadable(t.File, err, packAgain)
	case hex.EncodeToString(sum[:]) != t.SHA256:
		return nil, fmt.Errorf("%s: is damaged, or not the tokenizer that the manifest names: %s", p.path(t.File), packAgain)
	}
	return b, nil
}

// Torrent reads the file of the pack's torrent, unchecked; nil if there is none.
func (p *Pack) Torrent() ([]byte, error) {
	b, err := p.readFile(weights.TorrentPath)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := fs.Lstat(p.fsys, weights.TorrentPath); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	if err != nil {
		return nil, p.unreadable(weights.TorrentPath, err, "make it again with tools/torrent, or remove it")
	}
	return b, nil
}

// Name is what errors call the folder.
func (p *Pack) Name() string { return p.name }

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
		return weights.BadShard("%w", o.pack.unreadable(weights.ShardPath(o.part.Shard), err, packAgain))
	}
	return nil
}

// A check is the verification of one shard. The file may be replaced while the pack is
// open, so it is good for this file only.
type check struct {
	want int64 // bytes

	mu   sync.Mutex  // held while verifying, so that nobody else does
	done fs.FileInfo // of the file that was verified; nil before
}

// sameFile looks beyond size and time: a file that was put in another's place can have both,
// from cp -p or by a clock of some milliseconds. An embedded file has no other identity.
func sameFile(a, b fs.FileInfo) bool {
	onDisk := os.SameFile(b, b)
	return a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && (!onDisk || os.SameFile(a, b))
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
	if c.done != nil && sameFile(c.done, f.info) {
		return nil
	}
	if err := p.verify(ctx, f, func([]byte) {}); err != nil {
		return err
	}
	c.done = f.info
	return nil
}

// A shardFile is an open shard. One that is deleted meanwhile can be read to its end.
type shardFile struct {
	io.ReaderAt
	io.Closer
	sha  string
	size int64
	info fs.FileInfo
}

func (p *Pack) openShard(sha string) (shardFile, error) {
	name := weights.ShardPath(sha)
	if _, err := p.stat(name); err != nil {
		return shardFile{}, weights.BadShard("%w", p.unreadable(name, err, packAgain))
	}
	f, err := p.fsys.Open(name)
	if err != nil {
		return shardFile{}, weights.BadShard("%w", p.unreadable(name, err, packAgain))
	}
	info, err := f.Stat()
	r, ok := f.(io.ReaderAt)
	if err == nil && !ok {
		err = errors.New("its file system cannot read at an offset")
	}
	if err != nil {
		f.Close()
		return shardFile{}, weights.BadShard("%w", p.unreadable(name, err, packAgain))
	}
	return shardFile{r, f, sha, info.Size(), info}, nil
}

// stat refuses what is no plain file before it is opened: a pipe would never open.
func (p *Pack) stat(name string) (fs.FileInfo, error) {
	info, err := fs.Stat(p.fsys, name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("is a folder")
	case !info.Mode().IsRegular():
		return nil, errors.New("is no plain file")
	}
	return info, nil
}

// readFile reads a file that is small in every pack.
func (p *Pack) readFile(name string) ([]byte, error) {
	const most = 64 << 20
	info, err := p.stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, fmt.Errorf("has %d bytes, too many for what it is", info.Size())
	}
	return fs.ReadFile(p.fsys, name)
}

const packAgain = "pack or download the model again"

func (p *Pack) badShard(sha, what string) error {
	return weights.BadShard("%w", p.fault(weights.ShardPath(sha), what, packAgain))
}

// unreadable says what an error of the file system means for a file, and what helps: if
// nothing better is known, otherwise.
func (p *Pack) unreadable(file string, err error, otherwise string) error {
	link, noLink := fs.Lstat(p.fsys, file)
	_, nowhere := fs.Stat(p.fsys, file)
	switch {
	case noLink == nil && link.Mode()&fs.ModeSymlink != 0 && nowhere != nil:
		return p.fault(file, "is a link that leads nowhere, or out of the folder", "put the file itself there")
	case errors.Is(err, fs.ErrNotExist):
		return p.fault(file, "is missing", otherwise)
	case errors.Is(err, fs.ErrPermission):
		return p.fault(file, "must not be read by this user", "give leave to read it, and to enter its folder (chmod -R a+rX)")
	}
	return p.fault(file, reason(err).Error(), otherwise)
}

func (p *Pack) fault(file, what, remedy string) error {
	return fmt.Errorf("%s: %s: %s", p.path(file), what, remedy)
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

// hashAll is the SHA-256 of all that r holds, in hexadecimal. took is shown each piece as it
// is read.
func hashAll(ctx context.Context, r io.Reader, took func([]byte)) (string, error) {
	h := sha256.New()
	buf := buffers.Get().(*[chunk]byte)
	defer buffers.Put(buf)
	for {
		n, err := r.Read(buf[:])
		h.Write(buf[:n])
		took(buf[:n])
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
