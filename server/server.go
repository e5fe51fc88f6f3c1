// Package server hands out what a browser needs to run mixtab: the page with its
// WebAssembly, and packs of weights. It computes nothing itself.
//
// # Names
//
//	/                                 the page's index.html; without a demo, of an address that names no pack: on to the default one
//	/assets/…                         files whose name carries their hash: cached for ever
//	/lib/mixtab.js, /sw.js, …         every other page file: asked about each time (ETag)
//	/packs/index.json                 {"default": "demo", "packs": ["demo"]}
//	/packs/<name>/manifest.json       asked about each time
//	/packs/<name>/tokenizer.model     asked about each time
//	/packs/<name>/shards/<hash>.bin   content-addressed: cached for ever, single ranges
//	/healthz, /version
//
// Reachable are the names in two lists made by [New], the page's files and the shards
// that manifests name, and nothing else. No request path is ever turned into a file
// name, so there is no path to traverse.
//
// # Other origins
//
// A page from elsewhere may use packs, /lib and /assets: they carry CORS and CORP
// headers. All the rest is for this origin only.
package server

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Config says what to serve.
type Config struct {
	// Page holds the built page. Without an index.html in it, or when it is nil, the
	// handler answers for the page with an explanation; packs are served all the same.
	Page fs.FS

	// Packs to serve, by the name under /packs/.
	Packs map[string]fs.FS

	// Default is the pack that the page opens. It may be empty where there is one pack.
	Default string

	// Logger receives one record per request at debug level. Nil: none.
	Logger *slog.Logger
}

// PackName is what the name of a pack may look like: it stands in a URL and in the
// visitor's storage.
var PackName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

type handler struct {
	page  *page
	packs map[string]*pack
	index *blob  // /packs/index.json
	about *blob  // /version
	open  string // the pack to open where an address names none and there is no demo; or ""
}

// New reads the manifests and lists the page's files, so that whatever is wrong with
// them is an error here and not a surprise to a visitor.
func New(cfg Config) (http.Handler, error) {
	h := &handler{packs: make(map[string]*pack)}
	var err error
	if h.page, err = openPage(cfg.Page); err != nil {
		return nil, err
	}
	names := []string{}
	for name, fsys := range cfg.Packs {
		if !PackName.MatchString(name) {
			return nil, fmt.Errorf("pack name %q: use lower-case letters, digits, '.', '_' and '-'", name)
		}
		if h.packs[name], err = openPack(fsys); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	if cfg.Default == "" && len(names) == 1 {
		cfg.Default = names[0]
	}
	if h.packs[cfg.Default] == nil && len(names) > 0 {
		return nil, fmt.Errorf("the default pack %q is not among %s", cfg.Default, strings.Join(names, ", "))
	}
	h.index = jsonBlob(struct {
		Default string   `json:"default"`
		Packs   []string `json:"packs"`
	}{cfg.Default, names})
	h.about = jsonBlob(version())
	if h.packs["demo"] == nil {
		h.open = cfg.Default
	}
	if cfg.Logger != nil {
		return logged(h, cfg.Logger), nil
	}
	return h, nil
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Before anything is written: the connection may have an old deadline from the last
	// response, long past by now.
	allow(w, 0)
	secure(w.Header())
	p := r.URL.Path
	pack, isPack := strings.CutPrefix(p, "/packs/")
	shared := isPack || strings.HasPrefix(p, "/lib/") || strings.HasPrefix(p, "/assets/")
	if shared {
		share(w.Header())
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodOptions:
		allowed(w.Header(), shared)
		w.WriteHeader(http.StatusNoContent)
		return
	default:
		allowed(w.Header(), false)
		fail(w, http.StatusMethodNotAllowed, "method "+r.Method+" is not allowed here: use GET or HEAD")
		return
	}
	normaliseRange(r)
	switch {
	case p == "/healthz":
		w.Header().Set("Cache-Control", "no-store")
		serveText(w, r, "ok\n")
	case p == "/version":
		h.about.serve(w, r)
	case p == "/packs/index.json":
		h.index.serve(w, r)
	case isPack:
		name, rest, _ := strings.Cut(pack, "/")
		if p := h.packs[name]; p != nil {
			p.serve(w, r, rest)
		} else {
			fail(w, http.StatusNotFound, "there is no such pack: /packs/index.json lists them")
		}
	case p == "/" && h.open != "" && !r.URL.Query().Has("pack"):
		// The page by itself would open the demo.
		w.Header().Set("Location", strings.TrimSuffix("?pack=packs/"+h.open+"/&"+r.URL.RawQuery, "&"))
		w.Header().Set("Cache-Control", revalidate)
		w.WriteHeader(http.StatusFound)
	default:
		h.page.serve(w, r, strings.TrimPrefix(p, "/"))
	}
}

// version is what /version tells: the commit that this binary was built from.
func version() any {
	v := struct {
		Module   string `json:"module"`
		Version  string `json:"version"`
		Revision string `json:"revision,omitempty"`
		Time     string `json:"time,omitempty"`
		Modified bool   `json:"modified,omitempty"`
		Go       string `json:"go"`
	}{Module: "mixtab", Version: "(devel)"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version, v.Go = info.Main.Version, info.GoVersion
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func jsonBlob(v any) *blob {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // the values are ours: strings and booleans
	}
	return newBlob(append(text, '\n'), "application/json")
}

// allow bounds the time that a response of size bytes may take: a slow reader is served,
// a stalled one is dropped in the end. Writers without deadlines are left alone.
func allow(w http.ResponseWriter, size int64) {
	const slowest = 16 << 10 // bytes per second
	limit := time.Minute + time.Duration(size/slowest)*time.Second
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(limit))
}
