package packdir

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"mixtab/engine/weights"
)

// maxReaders is how many shards are read at a time, where there are as many processors.
// Eight of them hash faster than any disk reads.
const maxReaders = 8

// A File is a file of a pack.
type File struct {
	Path  string // in the pack's folder, with slashes
	Bytes int64
}

// Files lists what the pack is made of: manifest, tokenizer if there is one, and shards
// in the manifest's order. Where the tokenizer is bad, so that its size tells nothing,
// that is the error.
func (p *Pack) Files() ([]File, error) {
	tokenizer, err := p.Tokenizer()
	if err != nil {
		return nil, err
	}
	return p.files(tokenizer), nil
}

func (p *Pack) files(tokenizer []byte) []File {
	files := []File{{weights.ManifestPath, int64(len(p.raw))}}
	if t := p.manifest.Tokenizer; t.Kind != weights.KindNone {
		files = append(files, File{t.File, int64(len(tokenizer))})
	}
	for _, s := range p.manifest.Shards {
		files = append(files, File{weights.ShardPath(s.SHA256), s.Bytes})
	}
	return files
}

// A Report is what Check has found.
type Report struct {
	Files  []File
	Faults []error           // at most one a file, in their order; each names the file and the remedy
	Pieces [][sha1.Size]byte // of the files, one after the other; nil where there are faults, or a pieceLength of 0
}

// Check reads all files once, several at a time, and compares them with the manifest.
// With a pieceLength it also makes the sums of a torrent on the way. Its own error is
// that of ctx only. In memory are 4 MiB and one piece for each of at most eight readers.
//
// progress, which may be nil, is told the bytes read so far, by all readers.
func (p *Pack) Check(ctx context.Context, pieceLength int64, progress func(done, total int64)) (*Report, error) {
	tokenizer, err := p.Tokenizer()
	files := p.files(tokenizer)
	faults := make([]error, len(files))
	shards := p.manifest.Shards
	first := len(files) - len(shards) // the files before are in memory
	if err != nil {
		faults[first-1] = err
	}
	var sums *pieces
	if pieceLength > 0 && err == nil && p.sizes() { // a manifest may claim sizes whose sums fill the memory
		sums = newPieces(files, pieceLength)
		sums.file(0, files[0].Bytes).write(p.raw)
		sums.file(files[0].Bytes, int64(len(tokenizer))).write(tokenizer)
	}
	places := make([]int64, len(files)+1)
	for i, f := range files {
		places[i+1] = places[i] + f.Bytes
	}
	total := places[len(files)]

	var next, done atomic.Int64
	next.Store(int64(first))
	done.Store(places[first])
	count := func(n int64) {
		if now := done.Add(n); progress != nil {
			progress(now, total)
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	for range min(runtime.GOMAXPROCS(0), maxReaders, len(shards)) {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) || ctx.Err() != nil {
					return ctx.Err()
				}
				took := func([]byte) {}
				if sums != nil {
					took = sums.file(places[i], files[i].Bytes).write
				}
				left := files[i].Bytes
				faults[i] = p.checkShard(ctx, shards[i-first].SHA256, func(b []byte) {
					took(b)
					left -= int64(len(b))
					count(int64(len(b)))
				})
				count(left) // of a file with a fault, what was not read
			}
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	r := &Report{Files: files, Faults: slices.DeleteFunc(faults, func(err error) bool { return err == nil })}
	if sums != nil && len(r.Faults) == 0 {
		r.Pieces = sums.sums
	}
	return r, nil
}

// sizes says whether all shards are there with their sizes.
func (p *Pack) sizes() bool {
	for _, s := range p.manifest.Shards {
		if info, err := p.stat(weights.ShardPath(s.SHA256)); err != nil || info.Size() != s.Bytes {
			return false
		}
	}
	return true
}

func (p *Pack) checkShard(ctx context.Context, sha string, took func([]byte)) error {
	f, err := p.openShard(sha)
	if err != nil {
		return err
	}
	defer f.Close()
	return p.verify(ctx, f, took)
}

// Verify checks all files, as Check does, and reports the first fault.
func (p *Pack) Verify(ctx context.Context, progress func(done, total int64)) error {
	r, err := p.Check(ctx, 0, progress)
	if err != nil {
		return err
	}
	if len(r.Faults) > 0 {
		return r.Faults[0]
	}
	return nil
}

// Strangers lists the files of the folder that belong neither to the pack nor to its
// torrent, among them what an interrupted writer has left; other names that begin with a
// dot are not counted. They do no harm: nobody reads them.
func (p *Pack) Strangers() ([]File, error) {
	ours := map[string]bool{weights.TorrentPath: true}
	for _, f := range p.files(nil) {
		ours[f.Path] = true
	}
	var strangers []File
	err := fs.WalkDir(p.fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", p.path(name), reason(err))
		}
		hidden := d.Name()[0] == '.' && !strings.HasPrefix(d.Name(), tempPrefix)
		if d.IsDir() || ours[name] || hidden {
			return nil
		}
		info, err := d.Info()
		if err == nil {
			strangers = append(strangers, File{name, info.Size()})
		} else if errors.Is(err, fs.ErrNotExist) {
			err = nil // deleted meanwhile
		}
		return err
	})
	return strangers, err
}

// verify compares an open shard with its name and with the manifest, and shows all its
// bytes to took on the way.
func (p *Pack) verify(ctx context.Context, f shardFile, took func([]byte)) error {
	if want := p.checks[f.sha].want; f.size != want {
		return p.badShard(f.sha, fmt.Sprintf("has %d bytes, not %d", f.size, want))
	}
	got, err := hashAll(ctx, io.NewSectionReader(f, 0, f.size), took)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return weights.BadShard("%w", p.unreadable(weights.ShardPath(f.sha), err, packAgain))
	case got != f.sha && p.checks[got] != nil:
		return weights.BadShard("%w", p.fault(weights.ShardPath(f.sha), "holds the bytes of the shard "+got, "give the files their own names"))
	case got != f.sha:
		return p.badShard(f.sha, "has other bytes than its name says")
	}
	return nil
}
