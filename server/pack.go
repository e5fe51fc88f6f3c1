package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"sync"
	"sync/atomic"

	"mixtab/engine/weights"
)

// pack serves one pack out of its store. Manifest and torrent are kept in memory as they
// were when the pack was opened, so that they always belong together; the tokenizer and
// the shards are the manifest's, by their hashes.
type pack struct {
	store Store
	zip   bool             // whether to make gzip of files
	files map[string]*file // by name: manifest.json, shards/<hash>.bin, …
	about about

	named     weights.Tokenizer    // of the manifest
	tokenizer atomic.Pointer[file] // nil until it has been read
}

// What is kept in memory has limits, several times what the largest model needs, so that
// a wrong file is an error and not a lack of memory.
const (
	manifestLimit  = 32 << 20
	tokenizerLimit = 64 << 20
	torrentLimit   = 16 << 20
)

// openPack checks that the pack is whole, down to the sizes of its shards where the store
// is a Sizer. It does not hash them: that would take minutes at the size of Mixtral, and
// the engine verifies each shard that it loads.
func openPack(ctx context.Context, store Store, zip bool) (*pack, error) {
	// Both at once, as a bucket answers each of them only after a while.
	var torrent []byte
	var torrentErr error
	var reading sync.WaitGroup
	reading.Go(func() { torrent, torrentErr = readFile(ctx, store, weights.TorrentPath, torrentLimit) })
	text, err := readFile(ctx, store, weights.ManifestPath, manifestLimit)
	reading.Wait()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("manifest.json is missing: name a pack that tools/pack wrote")
	} else if err != nil {
		return nil, fmt.Errorf("%w: name a pack that tools/pack wrote", err)
	}
	manifest, err := weights.ParseManifest(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", weights.ManifestPath, err)
	}
	p := &pack{store: store, zip: zip, files: make(map[string]*file), named: manifest.Tokenizer,
		about: about{Model: manifest.Name, Format: manifest.Format.String(), Bytes: manifest.Bytes(), Shards: len(manifest.Shards)}}
	switch {
	case torrentErr == nil:
		p.files[weights.TorrentPath] = newFile(torrent, "application/x-bittorrent", zip)
	case !errors.Is(torrentErr, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: make it again with tools/torrent, or remove it", torrentErr)
	}
	if _, trusting := store.(Trusting); !trusting && p.named.File != "" {
		if _, err := p.readTokenizer(ctx); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is missing: %s", p.named.File, copyAgain)
		} else if err != nil {
			return nil, err
		}
	}
	p.files[weights.ManifestPath] = newFile(text, "application/json", zip)
	for _, s := range manifest.Shards {
		v := newVariant(s.SHA256, s.Bytes, "application/octet-stream", Immutable, "", false)
		v.name = weights.ShardPath(s.SHA256)
		p.files[v.name] = &file{plain: v}
	}
	if sizer, ok := store.(Sizer); ok {
		return p, checkSizes(ctx, sizer, manifest.Shards)
	}
	return p, nil
}

func checkSizes(ctx context.Context, sizer Sizer, shards []weights.Shard) error {
	for _, s := range shards {
		name := weights.ShardPath(s.SHA256)
		switch size, err := sizer.Size(ctx, name); {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s is missing: %s", name, copyAgain)
		case err != nil:
			return fmt.Errorf("%w: %s", err, copyAgain)
		case size != s.Bytes:
			return fmt.Errorf("%s has %d bytes instead of %d: delete it and %s", name, size, s.Bytes, copyAgain)
		}
	}
	return nil
}

const copyAgain = "copy the pack again, or run tools/pack again, which resumes"

// readTokenizer reads the tokenizer and keeps it. Nobody waits for somebody else to do so,
// as at the edge a request must not; several may read it at the same time.
func (p *pack) readTokenizer(ctx context.Context) (*file, error) {
	data, err := readFile(ctx, p.store, p.named.File, tokenizerLimit)
	if err != nil {
		return nil, err
	}
	if contentHash(data) != p.named.SHA256 {
		return nil, fmt.Errorf("%s is not the tokenizer that the manifest names: %s", p.named.File, copyAgain)
	}
	f := newFile(data, "application/octet-stream", p.zip)
	p.tokenizer.Store(f)
	return f, nil
}

// serve answers for a file of the pack. The error is of a tokenizer that cannot be read.
func (p *pack) serve(w http.ResponseWriter, r *http.Request, name string) error {
	f := p.files[name]
	if f == nil && name != "" && name == p.named.File {
		if f = p.tokenizer.Load(); f == nil {
			var err error
			if f, err = p.readTokenizer(r.Context()); err != nil {
				Unreadable(w, name, err)
				return err
			}
		}
	}
	if f == nil {
		fail(w, http.StatusNotFound, "this pack has no such file: its manifest.json names them all")
		return nil
	}
	f.serve(w, r, p.store)
	return nil
}
