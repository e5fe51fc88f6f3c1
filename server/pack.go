package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"mixtab/engine/weights"
)

// pack serves one pack out of its store. Manifest, tokenizer and torrent are kept in
// memory as they were when the pack was opened, so that they always belong together; the
// shards are the manifest's, by their hashes.
type pack struct {
	store Store
	files map[string]*file // by name: manifest.json, shards/<hash>.bin, …
	about about
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
func openPack(ctx context.Context, store Store) (*pack, error) {
	text, err := readFile(ctx, store, weights.ManifestPath, manifestLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("manifest.json is missing: name a pack that tools/pack wrote")
	} else if err != nil {
		return nil, fmt.Errorf("%w: name a pack that tools/pack wrote", err)
	}
	manifest, err := weights.ParseManifest(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", weights.ManifestPath, err)
	}
	p := &pack{store, make(map[string]*file), about{Model: manifest.Name, Format: manifest.Format.String(), Bytes: manifest.Bytes(), Shards: len(manifest.Shards)}}
	switch torrent, err := readFile(ctx, store, weights.TorrentPath, torrentLimit); {
	case err == nil:
		p.files[weights.TorrentPath] = newFile(torrent, "application/x-bittorrent")
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: make it again with tools/torrent, or remove it", err)
	}
	if t := manifest.Tokenizer; t.File != "" {
		data, err := readFile(ctx, store, t.File, tokenizerLimit)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is missing: %s", t.File, copyAgain)
		} else if err != nil {
			return nil, err
		}
		if contentHash(data) != t.SHA256 {
			return nil, fmt.Errorf("%s is not the tokenizer that the manifest names: %s", t.File, copyAgain)
		}
		p.files[t.File] = newFile(data, "application/octet-stream")
	}
	p.files[weights.ManifestPath] = newFile(text, "application/json")
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

func (p *pack) serve(w http.ResponseWriter, r *http.Request, name string) {
	if f := p.files[name]; f != nil {
		f.serve(w, r, p.store)
		return
	}
	fail(w, http.StatusNotFound, "this pack has no such file: its manifest.json names them all")
}
