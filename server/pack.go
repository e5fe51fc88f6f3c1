package server

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"

	"mixtab/engine/weights"
)

// pack serves the folder of one pack. Its manifest and tokenizer are kept in memory as
// they were when the server started, so that they always belong together; the shards are
// the manifest's, by their hashes.
type pack struct {
	fsys   fs.FS
	files  map[string]*blob // manifest.json and, where the pack has one, the tokenizer
	shards map[string]int64 // size by SHA-256, in hexadecimal
}

// openPack checks that the pack is whole, down to the sizes of its shards. It does not
// hash them: that would take minutes at the size of Mixtral, and the engine verifies
// each shard that it loads.
func openPack(fsys fs.FS) (*pack, error) {
	text, err := fs.ReadFile(fsys, weights.ManifestPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("manifest.json is missing: name a folder that tools/pack wrote")
	} else if err != nil {
		return nil, fmt.Errorf("%w: name a folder that tools/pack wrote", err)
	}
	manifest, err := weights.ParseManifest(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", weights.ManifestPath, err)
	}
	p := &pack{fsys, map[string]*blob{weights.ManifestPath: newBlob(text, "application/json")}, make(map[string]int64)}
	if t := manifest.Tokenizer; t.File != "" {
		data, err := fs.ReadFile(fsys, t.File)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is missing: %s", t.File, copyAgain)
		} else if err != nil {
			return nil, err
		}
		if contentHash(data) != t.SHA256 {
			return nil, fmt.Errorf("%s is not the tokenizer that the manifest names: %s", t.File, copyAgain)
		}
		p.files[t.File] = newBlob(data, "application/octet-stream")
	}
	for _, s := range manifest.Shards {
		name := weights.ShardPath(s.SHA256)
		info, err := fs.Stat(fsys, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s is missing: %s", name, copyAgain)
		case err != nil:
			return nil, err
		case !info.Mode().IsRegular() || info.Size() != s.Bytes:
			return nil, fmt.Errorf("%s has %d bytes instead of %d: delete it and %s", name, info.Size(), s.Bytes, copyAgain)
		}
		p.shards[s.SHA256] = s.Bytes
	}
	return p, nil
}

const copyAgain = "copy the pack again, or run tools/pack again, which resumes"

func (p *pack) serve(w http.ResponseWriter, r *http.Request, name string) {
	if b := p.files[name]; b != nil {
		b.serve(w, r)
		return
	}
	hash, isShard := strings.CutPrefix(name, "shards/")
	hash, isBin := strings.CutSuffix(hash, ".bin")
	size, known := p.shards[hash]
	if !isShard || !isBin || !known {
		fail(w, http.StatusNotFound, "this pack has no such file: its manifest.json names them all")
		return
	}
	content, err := openFile(p.fsys, weights.ShardPath(hash))
	if err != nil {
		fail(w, http.StatusInternalServerError, "the shard "+hash+" has gone from the server's disk")
		return
	}
	defer content.Close()
	// Whatever leaves under this name is kept for ever, so a file that has changed since
	// the start must not leave.
	if end, err := content.Seek(0, io.SeekEnd); err != nil || end != size {
		fail(w, http.StatusInternalServerError, "the shard "+hash+" has changed on the server's disk")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cache-Control", immutable)
	h.Set("ETag", `"`+hash+`"`)
	serveContent(w, r, content, size)
}
