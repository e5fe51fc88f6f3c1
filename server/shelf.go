package server

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mixtab/engine/weights"
)

// shelf holds the packs that are served.
type shelf struct {
	slots  map[string]*slot
	preset string // the pack that the page opens, or ""
	broken func(pack string, err error)
	zip    bool // whether to make gzip of files

	mu    sync.Mutex           // of those who change index
	index atomic.Pointer[file] // nil until the packs have been opened
}

// slot is the place of one pack.
type slot struct {
	store Store
	pack  atomic.Pointer[pack] // nil while it cannot be opened
	tried atomic.Int64         // when somebody tried last, in Unix seconds; 0 is never
}

// tryAgain is how long a pack that could not be opened is left alone.
const tryAgain = 10 * time.Second

func newShelf(cfg Config) (*shelf, error) {
	names := slices.Sorted(maps.Keys(cfg.Packs))
	s := &shelf{slots: make(map[string]*slot), preset: cfg.Default, broken: cfg.Broken, zip: !cfg.Uncoded}
	for _, name := range names {
		if !IsPackName(name) {
			return nil, fmt.Errorf("pack name %q: use lower-case letters, digits, '.', '_' and '-'", name)
		}
		s.slots[name] = &slot{store: cfg.Packs[name]}
	}
	if s.preset == "" && len(names) == 1 {
		s.preset = names[0]
	}
	if s.slots[s.preset] == nil && len(names) > 0 {
		return nil, fmt.Errorf("the default pack %q is not among %s", s.preset, strings.Join(names, ", "))
	}
	return s, nil
}

func (s *shelf) openAll(ctx context.Context) error {
	// All at once, as a bucket answers each of them only after a while.
	names := slices.Sorted(maps.Keys(s.slots))
	errs := make([]error, len(names))
	var opening sync.WaitGroup
	for i, name := range names {
		opening.Go(func() { errs[i] = s.open(ctx, name) })
	}
	opening.Wait()
	for _, err := range errs {
		if err != nil && s.broken == nil {
			return err
		}
	}
	s.list()
	return nil
}

func (s *shelf) open(ctx context.Context, name string) error {
	slot := s.slots[name]
	slot.tried.Store(time.Now().Unix())
	p, err := openPack(ctx, slot.store, s.zip)
	if err != nil {
		if s.broken != nil {
			s.broken(name, err)
		}
		return fmt.Errorf("pack %s: %w", name, err)
	}
	slot.pack.Store(p)
	return nil
}

// about is what the list tells of one pack. Addresses are relative to the page's.
type about struct {
	Name    string `json:"name"` // in addresses
	URL     string `json:"url"`
	Model   string `json:"model"` // for people
	Format  string `json:"format"`
	Bytes   int64  `json:"bytes"` // of all shards
	Shards  int    `json:"shards"`
	Torrent string `json:"torrent,omitempty"`
}

// list makes /packs.json anew, of the packs that are open.
func (s *shelf) list() {
	s.mu.Lock()
	defer s.mu.Unlock()
	packs := []about{}
	for _, name := range slices.Sorted(maps.Keys(s.slots)) {
		if p := s.slots[name].pack.Load(); p != nil {
			a := p.about
			a.Name, a.URL = name, "packs/"+name+"/"
			if p.files[weights.TorrentPath] != nil {
				a.Torrent = a.URL + weights.TorrentPath
			}
			packs = append(packs, a)
		}
	}
	s.index.Store(jsonFile(struct {
		Default string  `json:"default"`
		Packs   []about `json:"packs"`
	}{s.preset, packs}, s.zip))
}

// serveIndex answers for /packs.json.
func (s *shelf) serveIndex(w http.ResponseWriter, r *http.Request) {
	index := s.index.Load()
	if index == nil {
		unavailable(w, "the packs have not been read yet: try again in a while")
		return
	}
	index.serve(w, r, nil)
}

// serve answers for /packs/<path>.
func (s *shelf) serve(w http.ResponseWriter, r *http.Request, path string) {
	name, file, _ := strings.Cut(path, "/")
	slot := s.slots[name]
	if slot == nil {
		fail(w, http.StatusNotFound, "there is no such pack: /packs.json lists them")
		return
	}
	p := slot.pack.Load()
	if p == nil {
		p = s.retry(r.Context(), name)
	}
	if p == nil {
		unavailable(w, "this pack cannot be read at the moment: try again in a while")
		return
	}
	if err := p.serve(w, r, file); err != nil && s.broken != nil {
		s.broken(name, err)
	}
}

func unavailable(w http.ResponseWriter, text string) {
	w.Header().Set("Retry-After", strconv.Itoa(int(tryAgain.Seconds())))
	fail(w, http.StatusServiceUnavailable, text)
}

// retry opens a pack that could not be opened before. One request at a time tries; the
// others do not wait for it, since at the edge a request that waits for the work of
// another is never woken when that one breaks off. What nobody has tried is for openAll.
func (s *shelf) retry(ctx context.Context, name string) *pack {
	slot := s.slots[name]
	last, now := slot.tried.Load(), time.Now().Unix()
	if last == 0 || now-last < int64(tryAgain.Seconds()) || !slot.tried.CompareAndSwap(last, now) {
		return nil
	}
	if s.open(ctx, name) == nil {
		s.list()
	}
	return slot.pack.Load()
}

// ready says whether a visitor who comes without further wishes finds a model.
func (s *shelf) ready() bool {
	return s.preset == "" || s.slots[s.preset].pack.Load() != nil
}
