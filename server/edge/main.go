//go:build js && wasm

// Command edge is the server as a Cloudflare Worker: the same handler as on one box, over
// packs in an R2 bucket. worker.mjs starts it and gives it requests; the page's files are
// static assets and do not come here.
//
// A shard's bytes never enter this program. It decides what to answer, asks the bucket
// for the range, and hands the stream on (response.go).
package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"sync/atomic"

	"github.com/hack-pad/safejs"
	"github.com/syumai/workers"

	"mixtab/server"
)

func main() {
	site := new(site)
	if err := offer("open", site.open); err != nil {
		fmt.Println("edge:", err) // worker.mjs notices that there is nothing to open
		return
	}
	workers.ServeNonBlock(repaired(site))
	workers.Ready()
	select {}
}

// A site is what is served, which changes when manifests in the bucket do.
type site struct {
	now atomic.Pointer[opened]
}

// opened is the packs as they were at one time.
type opened struct {
	handler http.Handler
	prints  map[string]string // of the manifests that it was made of, by pack
}

// open reads the packs that the Worker's variables name, unless the manifests are still
// those of the last time. A pack that cannot be read is told to the log and answered
// with 503; the others are served.
func (s *site) open(ctx context.Context) error {
	cfg, err := readConfig()
	if err != nil {
		return err
	}
	last := s.now.Load()
	packs, prints := make(map[string]server.Store), make(map[string]string)
	for name, b := range cfg.packs {
		packs[name] = b
		// A bucket with a bad moment is no reason to give up what was read before it.
		if prints[name], err = b.print(); err != nil && last != nil {
			return err
		}
	}
	if last != nil && maps.Equal(last.prints, prints) {
		return nil
	}
	handler, err := server.New(ctx, server.Config{
		Packs:   packs,
		Default: cfg.preset,
		Broken:  func(pack string, err error) { fmt.Printf("edge: pack %s: %v\n", pack, err) },
	})
	if err != nil {
		return err
	}
	s.now.Store(&opened{handler, prints})
	return nil
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
