package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// page serves the built page from a list made once: the files of a build never change
// under a running server.
type page struct {
	store Store
	files map[string]*pageFile // by name; a directory with an index.html by its name and a slash, the root by ""

	elsewhere bool // something else serves the page
}

// pageFile is a file in all the codings that the build made of it. Each has an ETag of
// its own, as a cache must not join the start of one to the end of another.
type pageFile struct {
	name, contentType, cache string
	plain                    variant
	coded                    map[string]variant // by content coding
}

type variant struct {
	file, etag string
	size       int64
}

func openPage(fsys fs.FS) (*page, error) {
	if fsys == nil {
		return &page{elsewhere: true}, nil
	}
	p := &page{store: Files(fsys), files: make(map[string]*pageFile)}
	variants := make(map[string]variant)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		variants[name] = variant{name, `"` + contentHash(data) + `"`, int64(len(data))}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("page files: %w", err)
	}
	for name, v := range variants {
		if isCoded(name, variants) {
			continue // reached through the file that it codes
		}
		f := &pageFile{name, contentType(name), revalidate, v, make(map[string]variant)}
		if strings.HasPrefix(name, "assets/") {
			f.cache = immutable
		}
		for _, c := range codings {
			if v, ok := variants[name+c.suffix]; ok {
				f.coded[c.name] = v
			}
		}
		p.files[name] = f
		if path.Base(name) == "index.html" {
			p.files[strings.TrimSuffix(name, "index.html")] = f
		}
	}
	return p, nil
}

// isCoded says whether name is a compressed sibling of another file.
func isCoded(name string, all map[string]variant) bool {
	for _, c := range codings {
		plain, ok := strings.CutSuffix(name, c.suffix)
		if _, sibling := all[plain]; ok && sibling {
			return true
		}
	}
	return false
}

func (p *page) serve(w http.ResponseWriter, r *http.Request, name string) {
	f := p.files[name]
	switch {
	case f == nil && p.files["index.html"] == nil && !p.elsewhere:
		fail(w, http.StatusServiceUnavailable, "The page is not built: run make build, then start the server again.")
		return
	case f == nil:
		fail(w, http.StatusNotFound, "there is no such page file")
		return
	}
	h := w.Header()
	v := f.plain
	if len(f.coded) > 0 {
		h.Set("Vary", "Accept-Encoding")
		coding := negotiate(acceptEncoding(r), func(c string) bool { return f.coded[c].file != "" })
		if coding != "" {
			h.Set("Content-Encoding", coding)
			v = f.coded[coding]
		}
	}
	object, err := p.store.Open(r.Context(), v.file)
	if err != nil {
		h.Del("Content-Encoding")
		fail(w, http.StatusInternalServerError, "the page file "+f.name+" has gone: start the server again")
		return
	}
	defer object.Content.Close()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", f.cache)
	h.Set("ETag", v.etag)
	serveContent(w, r, object.Content, v.size)
}

// contentType does not ask package mime, whose answers depend on the machine's files.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".txt", ".ts":
		return "text/plain; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".wasm":
		return "application/wasm"
	case ".webmanifest":
		return "application/manifest+json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".ico":
		return "image/x-icon"
	case ".woff2":
		return "font/woff2"
	}
	return "application/octet-stream"
}
