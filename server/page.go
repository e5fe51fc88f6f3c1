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
	files map[string]*file // by name; a directory with an index.html by its name and a slash, the root by ""

	elsewhere bool // something else serves the page
}

// inMemory is how large a file of the page may be that is kept in memory. Of a build of
// 13 MB with all codings that is 1.3 MB: all but the WebAssembly and four scripts.
const inMemory = 64 << 10

func openPage(fsys fs.FS) (*page, error) {
	if fsys == nil {
		return &page{elsewhere: true}, nil
	}
	p := &page{store: Files(fsys), files: make(map[string]*file)}
	all := make(map[string][]byte)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		all[name], err = fs.ReadFile(fsys, name)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("page files: %w", err)
	}
	for name := range all {
		if isCoded(name, all) {
			continue // reached through the file that it codes
		}
		f := newPageFile(name, all)
		p.files[name] = f
		if path.Base(name) == "index.html" {
			p.files[strings.TrimSuffix(name, "index.html")] = f
		}
	}
	return p, nil
}

// newPageFile is a file in all the codings that the build made of it.
func newPageFile(name string, all map[string][]byte) *file {
	cache := Revalidate
	if strings.HasPrefix(name, "assets/") || strings.HasPrefix(name, "workers/") {
		cache = Immutable
	}
	vary := false
	for _, c := range codings {
		vary = vary || all[name+c.suffix] != nil
	}
	variantOf := func(suffix, coding string) *variant {
		data := all[name+suffix]
		if data == nil {
			return nil
		}
		v := newVariant(contentHash(data), int64(len(data)), contentType(name), cache, coding, vary)
		v.name = name + suffix
		if len(data) <= inMemory {
			v.data = data
		}
		return v
	}
	f := &file{plain: variantOf("", "")}
	for i, c := range codings {
		f.coded[i] = variantOf(c.suffix, c.name)
	}
	return f
}

// isCoded says whether name is a compressed sibling of another file.
func isCoded(name string, all map[string][]byte) bool {
	for _, c := range codings {
		plain, ok := strings.CutSuffix(name, c.suffix)
		if _, sibling := all[plain]; ok && sibling {
			return true
		}
	}
	return false
}

func (p *page) serve(w http.ResponseWriter, r *http.Request, name string) {
	switch f := p.files[name]; {
	case f != nil:
		f.serve(w, r, p.store)
	case p.files["index.html"] == nil && !p.elsewhere:
		fail(w, http.StatusServiceUnavailable, "The page is not built: run make build, then start the server again.")
	default:
		fail(w, http.StatusNotFound, "there is no such page file")
	}
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
