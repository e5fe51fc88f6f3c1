package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/errgroup"
)

// A publisher brings a pack into a store. Whenever it is stopped, and however, what is in
// the bucket is a whole pack or one whose manifest is not there yet: shards come first,
// then tokenizer and torrent, the manifest last.
type publisher struct {
	store    *store
	local    *local
	parallel int
	progress func(done, total int64)
}

// A result is what a run did.
type result struct {
	Files     int   `json:"files"` // of the pack
	Bytes     int64 `json:"bytes"`
	Sent      int   `json:"sent"` // files
	SentBytes int64 `json:"sent_bytes"`
}

// survey finds the files that the bucket does not hold, in the order of publishing.
func (p *publisher) survey(ctx context.Context) ([]file, error) {
	// The first request of all gives up early: whoever mistyped the endpoint should not wait.
	there, err := p.store.shards(ctx, min(3, p.store.cfg.attempts))
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	missing := make(map[string]bool)
	files := p.local.all()
	err = p.each(ctx, files, func(ctx context.Context, f file) error {
		held := false
		// Of a shard that is not even listed there is nothing to ask.
		if o, ok := there[f.name]; f.data != nil || ok && o.size == f.size {
			o, err := p.store.head(ctx, f.name)
			if err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			held = o.holds(f)
		}
		if !held {
			mu.Lock()
			missing[f.name] = true
			mu.Unlock()
		}
		return nil
	})
	return slices.DeleteFunc(files, func(f file) bool { return !missing[f.name] }), err
}

// run sends what is missing.
func (p *publisher) run(ctx context.Context, missing []file) (result, error) {
	var total, done, sent, sentBytes atomic.Int64
	for _, f := range missing {
		total.Add(f.size)
	}
	send := func(ctx context.Context, f file) error {
		// Somebody else may have sent it since the survey.
		o, err := p.store.head(ctx, f.name)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if o.holds(f) {
			p.progress(done.Add(f.size), total.Load())
			return nil
		}
		src, err := p.local.open(f)
		if err != nil {
			return packError{err}
		}
		defer src.Close()
		b := newBody(src, p.local.path(f), f, func(n int64) { p.progress(done.Add(n), total.Load()) })
		if err := p.store.put(ctx, f, b); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		sent.Add(1)
		sentBytes.Add(f.size)
		return nil
	}
	tell := func(err error) (result, error) {
		r := p.count()
		r.Sent, r.SentBytes = int(sent.Load()), sentBytes.Load()
		return r, err
	}

	// In no order, so that two publishers of one pack share the work.
	shards := slices.DeleteFunc(slices.Clone(missing), func(f file) bool { return f.data != nil })
	rand.Shuffle(len(shards), func(i, j int) { shards[i], shards[j] = shards[j], shards[i] })
	if err := p.each(ctx, shards, send); err != nil {
		return tell(err)
	}
	for _, f := range missing {
		if f.data == nil {
			continue
		}
		if f.name == p.local.manifest.name {
			if err := p.beforeManifest(ctx); err != nil {
				return tell(err)
			}
		}
		if err := send(ctx, f); err != nil {
			return tell(err)
		}
	}
	return tell(nil)
}

// list tells what run would send, and counts it.
func (p *publisher) list(missing []file, out io.Writer) result {
	r := p.count()
	for _, f := range missing {
		fmt.Fprintf(out, "send  %s  %s\n", f.name, humanize.Bytes(uint64(f.size)))
		r.Sent++
		r.SentBytes += f.size
	}
	return r
}

func (p *publisher) count() result {
	var r result
	for _, f := range p.local.all() {
		r.Files++
		r.Bytes += f.size
	}
	return r
}

// beforeManifest makes sure of what a manifest promises: that all shards are there, though
// somebody may have deleted some meanwhile, and that it still is the folder's manifest.
func (p *publisher) beforeManifest(ctx context.Context) error {
	if err := p.local.unchanged(); err != nil {
		return err
	}
	there, err := p.store.shards(ctx, p.store.cfg.attempts)
	if err != nil {
		return err
	}
	for _, f := range p.local.shards {
		if o, ok := there[f.name]; !ok || o.size != f.size {
			return fmt.Errorf("%s: has gone from %v while the others were sent, so the manifest was not: see who deletes there, and run the same command again", f.name, p.store)
		}
	}
	return nil
}

// each does something with all files, so many at a time, until the first error.
func (p *publisher) each(ctx context.Context, files []file, do func(context.Context, file) error) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(p.parallel)
	for _, f := range files {
		group.Go(func() error {
			if err := groupCtx.Err(); err != nil {
				return err
			}
			return do(groupCtx, f)
		})
	}
	return group.Wait()
}
