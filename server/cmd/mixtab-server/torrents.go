package main

import (
	"io/fs"
	"log/slog"
	"os"

	"mixtab/engine/weights"
	"mixtab/packdir"
	"mixtab/packdir/torrent"
)

// offered is the folder of a pack as it is served. A torrent of another pack, or of an
// older one, would cost whoever takes it 26 GB that do not fit together: it is left out,
// and the log says what to do.
func offered(root *os.Root, served string, log *slog.Logger) fs.FS {
	p, err := packdir.OpenRoot(root)
	if err != nil {
		return root.FS() // the handler has its own words for it
	}
	t, err := torrent.Of(p)
	if t != nil {
		err = t.FitsPack(p)
	}
	if err != nil {
		log.Warn("a pack is served without its torrent", "pack", served, "reason", err)
		return withoutTorrent{root.FS()}
	}
	if t != nil {
		if err := t.Named(served); err != nil {
			log.Warn("a torrent does not lead here", "pack", served, "reason", err)
		}
	}
	return root.FS()
}

type withoutTorrent struct{ fs.FS }

func (f withoutTorrent) Open(name string) (fs.File, error) {
	if name == weights.TorrentPath {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f.FS.Open(name)
}
