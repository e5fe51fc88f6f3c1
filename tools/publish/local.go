package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"mixtab/engine/weights"
	"mixtab/packdir"
	"mixtab/packdir/torrent"
	"mixtab/server"
)

// maxObject is the most that S3 and R2 take in one PUT. tools/pack writes shards of
// 16 to 64 MB, or 235 MB for an expert's matrix in f32.
const maxObject = 5 << 30

// A file is one file of the pack, and the object that it becomes.
type file struct {
	name   string // in the pack's folder, and below the prefix in the bucket
	size   int64
	sha256 string // in hexadecimal
	mime   string
	cache  string
	data   []byte // all of it, where it is small; nil of a shard, which is streamed
}

// A local pack is what is to be published.
type local struct {
	dir      string
	shards   []file
	others   []file // tokenizer and torrent, where there are such
	manifest file
}

// A packError is a fault of the pack or its folder: trying again would not help.
type packError struct{ error }

func (e packError) Unwrap() error { return e.error }

// RetryableError tells the AWS client, which meets such errors in the middle of an
// upload, not to try again.
func (packError) RetryableError() bool { return false }

// openLocal reads the pack's manifest and small files, and checks that all shards are
// there with their sizes. Their hashes are checked while they are sent. The name is that
// of the folder in the bucket.
func openLocal(dir, name string) (*local, error) {
	p, err := packdir.Open(dir)
	if err != nil {
		return nil, packError{err}
	}
	l := &local{dir: dir}
	manifest, err := p.Source(nil).Manifest(context.Background()) // without a device nothing can be loaded, which nobody here wants to
	if err != nil {
		return nil, packError{err}
	}
	l.manifest = small(weights.ManifestPath, "application/json", manifest)

	tokenizer, err := p.Tokenizer()
	if err != nil {
		return nil, packError{err}
	}
	if tokenizer != nil {
		l.others = append(l.others, small(p.Manifest().Tokenizer.File, "application/octet-stream", tokenizer))
	}
	torrent, err := fitTorrent(p, name)
	if err != nil {
		return nil, packError{err}
	}
	if torrent != nil {
		l.others = append(l.others, small(weights.TorrentPath, "application/x-bittorrent", torrent))
	}

	for _, s := range p.Manifest().Shards {
		f := file{name: weights.ShardPath(s.SHA256), size: s.Bytes, sha256: s.SHA256, mime: "application/octet-stream", cache: server.Immutable}
		r, err := l.open(f)
		if err != nil {
			return nil, packError{err}
		}
		r.Close()
		if f.size > maxObject {
			return nil, packError{fmt.Errorf("%s: has %d bytes, and stores take 5 GiB in one piece: pack again with smaller shards", l.path(f), f.size)}
		}
		l.shards = append(l.shards, f)
	}
	return l, nil
}

// fitTorrent reads the pack's torrent, nil if it has none. One that leads to other files
// than those that are published would be worse than none.
func fitTorrent(p *packdir.Pack, name string) ([]byte, error) {
	t, err := torrent.Of(p)
	if t == nil || err != nil {
		return nil, err
	}
	if err := t.FitsPack(p); err != nil {
		return nil, err
	}
	if err := t.Named(name); err != nil {
		return nil, err
	}
	return p.Torrent()
}

func small(name, mime string, data []byte) file {
	sum := sha256.Sum256(data)
	return file{name: name, size: int64(len(data)), sha256: hex.EncodeToString(sum[:]), mime: mime, cache: server.Revalidate, data: data}
}

// all is every file in the order in which they are published.
func (l *local) all() []file {
	files := append([]file{}, l.shards...)
	return append(append(files, l.others...), l.manifest)
}

// path is where the file lies on this machine.
func (l *local) path(f file) string { return filepath.Join(l.dir, filepath.FromSlash(f.name)) }

// open opens a file of the pack and checks that it has the manifest's size.
func (l *local) open(f file) (io.ReadSeekCloser, error) {
	if f.data != nil {
		return memory{bytes.NewReader(f.data)}, nil
	}
	r, err := os.Open(l.path(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: is missing: pack or download the model again", l.path(f))
	} else if err != nil {
		return nil, err
	}
	info, err := r.Stat()
	if err == nil && (!info.Mode().IsRegular() || info.Size() != f.size) {
		err = fmt.Errorf("%s: has %d bytes, not %d: pack or download the model again", l.path(f), info.Size(), f.size)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// unchanged checks that the folder still holds the pack that was read at the start.
func (l *local) unchanged() error {
	now, err := os.ReadFile(l.path(l.manifest))
	if err != nil {
		return packError{err}
	}
	if !bytes.Equal(now, l.manifest.data) {
		return packError{fmt.Errorf("%s: has changed while the pack was being published, so its old one was not: run the same command again when nothing writes there", l.path(l.manifest))}
	}
	return nil
}
