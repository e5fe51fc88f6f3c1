//go:build js && wasm

// Command edge is the server as a Cloudflare Worker: the same handler as on one box, over
// packs in an R2 bucket. program.mjs starts it and gives it requests; the page's files are
// static assets and do not come here.
//
// A shard's bytes never enter this program. It decides what to answer, asks the bucket
// for the range, and hands the stream on (response.go).
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/hack-pad/safejs"
	"github.com/syumai/workers"

	"mixtab/server"
)

func main() {
	site := new(site)
	if err := errors.Join(offer("configure", site.configure), offer("open", site.open)); err != nil {
		fmt.Println("edge:", err) // program.mjs notices that there is nothing to call
		return
	}
	workers.ServeNonBlock(repaired(site))
	workers.Ready()
	select {}
}

// A site is what is served, which changes when manifests in the bucket do.
type site struct {
	now atomic.Pointer[edition]
}

// An edition is a handler and the packs that it serves, as they were at one time.
type edition struct {
	handler *server.Handler
	packs   map[string]*bucket
	read    bool // whether the packs' manifests have been
}

// configure reads the Worker's variables, and asks the bucket for nothing.
func (s *site) configure(context.Context) error {
	if s.now.Load() != nil {
		return nil // by another request, at the same time
	}
	e, err := newEdition()
	if err != nil {
		return err
	}
	s.now.Store(e)
	return nil
}

// newEdition is of packs that have not been read. One that cannot be is told to the log
// and answered with 503; the others are served. Cloudflare compresses what it passes on.
func newEdition() (*edition, error) {
	cfg, err := readConfig()
	if err != nil {
		return nil, err
	}
	stores := make(map[string]server.Store)
	for name, b := range cfg.packs {
		stores[name] = b
	}
	handler, err := server.New(context.Background(), server.Config{
		Packs:   stores,
		Default: cfg.preset,
		Broken:  func(pack string, err error) { fmt.Printf("edge: pack %s: %v\n", pack, err) },
		Later:   true,
		Uncoded: true,
	})
	return &edition{handler: handler, packs: cfg.packs}, err
}

// open reads the packs' manifests; if that was done, only where one has changed since.
func (s *site) open(ctx context.Context) error {
	e := s.now.Load()
	if e.read {
		// A bucket with a bad moment is no reason to give up what was read before it.
		if changed, err := e.changed(); err != nil || !changed {
			return err
		}
		var err error
		if e, err = newEdition(); err != nil {
			return err
		}
	}
	if err := e.handler.Open(ctx); err != nil {
		return err
	}
	e.read = true
	s.now.Store(e)
	return nil
}

// changed says whether the bucket has other packs than were read.
func (e *edition) changed() (bool, error) {
	for _, b := range e.packs {
		if changed, err := b.changed(); err != nil || changed {
			return changed, err
		}
	}
	return false, nil
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.now.Load().handler.ServeHTTP(w, r)
}

// offer gives JavaScript a function that works on, and calls back with what went wrong,
// or with null. Nothing may block in the function itself, which Go runs on JavaScript's
// only thread.
func offer(name string, work func(context.Context) error) error {
	f, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		go func() {
			var wrong any
			if err := work(context.Background()); err != nil {
				wrong = err.Error()
			}
			args[0].Invoke(wrong)
		}()
		return nil
	})
	if err != nil {
		return err
	}
	binding, err := property(safejs.Global(), "context", "binding")
	if err != nil {
		return err
	}
	return binding.Set(name, f)
}
