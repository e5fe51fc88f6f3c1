// Package server hands out what a browser needs to run mixtab: the page with its
// WebAssembly, and packs of weights. It computes nothing itself.
//
// # Names
//
//	/                                 the page's index.html; without a demo, of an address that names no pack: on to the default one
//	/assets/…                         files whose name carries their hash: cached for ever
//	/workers/…                        such scripts, too, that are started as workers
//	/lib/mixtab.js, /sw.js, …         every other page file: asked about each time (ETag)
//	/packs.json                       which packs there are: name, address, model, format, size, torrent
//	/packs/<name>/manifest.json       asked about each time
//	/packs/<name>/tokenizer.model     asked about each time
//	/packs/<name>/pack.torrent        asked about each time; where the pack has one
//	/packs/<name>/shards/<hash>.bin   content-addressed: cached for ever, single ranges
//	/healthz, /readyz                 the process lives; it should be sent visitors
//	/version                          the commit that it was built from
//
// Reachable are the names in two lists, the page's files and what the manifests of packs
// name, and nothing else. No request path is ever turned into a file name, so there is no
// path to traverse.
//
// # Where it runs
//
// Packs come out of a [Store]: a folder, the demo that is built in, a bucket. The handler
// itself knows neither files nor listeners, writes no log and recovers from no panic:
// that is for whatever runs it, which is package box on a machine and package edge on
// Cloudflare. Package conformance says, as a test of any running server, how it answers.
//
// # Other origins
//
// A page from elsewhere may use packs, /packs.json, /lib, /assets and /workers: they carry
// CORS and CORP headers. All the rest is for this origin only.
package server

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
)

// Config says what to serve.
type Config struct {
	// Page holds the built page. Without an index.html in it the handler answers for the
	// page with an explanation; nil where something else serves the page, which then
	// gets 404s from here.
	Page fs.FS

	// Packs to serve, by the name under /packs/.
	Packs map[string]Store

	// Default is the pack that the page opens. It may be empty where there is one pack.
	Default string

	// Broken, if it is set, is told of each pack that cannot be opened, and the others
	// are served. Requests for the broken one are answered with 503 and open it again
	// from time to time, so that a bucket may have a bad moment. If Broken is nil, New
	// returns the error. It may be called by several goroutines.
	Broken func(pack string, err error)

	// Later leaves the reading of packs to [Handler.Open], so that what is not about packs
	// is answered before a bucket has been asked for anything.
	Later bool

	// Uncoded makes no gzip of manifests and lists, for where something in front of the
	// handler compresses its answers anyway, as Cloudflare does.
	Uncoded bool
}

// IsPackName says whether a pack may have this name: it stands in a URL and in the
// visitor's storage. (A regular expression would cost 10 ms at the start of a Worker.)
func IsPackName(name string) bool {
	for i, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || c != '.' && c != '_' && c != '-') {
			return false
		}
	}
	return len(name) >= 1 && len(name) <= 64
}

// A Handler serves one Config.
type Handler struct {
	page     *page
	shelf    *shelf
	build    *file  // /version
	home     string // the pack to open where an address names none and there is no demo; or ""
	stopping atomic.Bool
}

// New reads the manifests and lists the page's files, so that whatever is wrong with
// them is an error here and not a surprise to a visitor. Where the packs are opened
// later, that is of manifests the error of [Handler.Open].
func New(ctx context.Context, cfg Config) (*Handler, error) {
	page, err := openPage(cfg.Page)
	if err != nil {
		return nil, err
	}
	shelf, err := newShelf(cfg)
	if err != nil {
		return nil, err
	}
	h := &Handler{page: page, shelf: shelf, build: jsonFile(version(), !cfg.Uncoded)}
	if _, demo := cfg.Packs["demo"]; !demo {
		h.home = shelf.preset
	}
	if !cfg.Later {
		if err := h.Open(ctx); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// Open reads the packs of a Config that says Later. Until then, what is asked about them is
// answered as if none could be read.
func (h *Handler) Open(ctx context.Context) error { return h.shelf.openAll(ctx) }

// Stop makes /readyz say that no more visitors should be sent here. All else is served
// as before.
func (h *Handler) Stop() { h.stopping.Store(true) }

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := r.URL.Path
	pack, isPack := strings.CutPrefix(p, "/packs/")
	base := own
	switch {
	case isPack || p == "/packs.json":
		base = packs
	case strings.HasPrefix(p, "/assets/") || strings.HasPrefix(p, "/lib/"):
		base = library
	case strings.HasPrefix(p, "/workers/"):
		base = workers
	}
	base.set(w.Header())
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodOptions:
		options(w)
		return
	default:
		w.Header().Set("Allow", methods)
		fail(w, http.StatusMethodNotAllowed, "method "+r.Method+" is not allowed here: use GET or HEAD")
		return
	}
	switch {
	case isPack:
		h.shelf.serve(w, r, pack)
	case p == "/packs.json":
		h.shelf.serveIndex(w, r)
	case p == "/healthz":
		say(w, http.StatusOK, "ok\n")
	case p == "/readyz":
		h.sayReady(w)
	case p == "/version":
		h.build.serve(w, r, nil)
	case p == "/" && h.home != "" && !r.URL.Query().Has("pack"):
		// The page by itself would open the demo.
		w.Header().Set("Location", strings.TrimSuffix("?pack=packs/"+h.home+"/&"+r.URL.RawQuery, "&"))
		w.Header().Set("Cache-Control", Revalidate)
		w.WriteHeader(http.StatusFound)
	default:
		h.page.serve(w, r, strings.TrimPrefix(p, "/"))
	}
}

func (h *Handler) sayReady(w http.ResponseWriter) {
	switch {
	case h.stopping.Load():
		fail(w, http.StatusServiceUnavailable, "stopping")
	case !h.shelf.ready():
		fail(w, http.StatusServiceUnavailable, "the default pack cannot be read at the moment")
	default:
		say(w, http.StatusOK, "ready\n")
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

func jsonFile(v any, zip bool) *file {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // the values are ours: strings, numbers and booleans
	}
	return newFile(append(text, '\n'), "application/json", zip)
}
