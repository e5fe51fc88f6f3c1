package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"sync/atomic"
)

// How far -verify goes.
const (
	verifyNothing  = ""
	verifyStore    = "store"    // takes the store's word where it gives one
	verifyDownload = "download" // takes nobody's word
)

// A verification says how many files were found right, and on whose word.
type verification struct {
	ByStore    int `json:"by_store"`    // by the SHA-256 that the store computed of what it received
	Downloaded int `json:"by_download"` // by reading them back
}

// verify checks every object. A SHA-256 that the store computed when it received the
// object is taken for proof, unless everything is to be downloaded; what a publisher wrote
// into the metadata is not, so such objects are downloaded in any case.
func (p *publisher) verify(ctx context.Context, how string) (verification, error) {
	var done, byStore, downloaded atomic.Int64
	var total int64
	files := p.local.all()
	for _, f := range files {
		total += f.size
	}
	err := p.each(ctx, files, func(ctx context.Context, f file) error {
		o, err := p.store.head(ctx, f.name)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", f.name, err)
		case o == nil:
			return fmt.Errorf("%s: is not in %v: publish again without -dry-run", f.name, p.store)
		case o.size != f.size:
			return fmt.Errorf("%s: has %d bytes in %v, not %d: publish again", f.name, o.size, p.store, f.size)
		case how == verifyStore && o.computed != "":
			if o.computed != f.sha256 {
				return fmt.Errorf("%s: has other bytes in %v: publish again", f.name, p.store)
			}
			byStore.Add(1)
			p.progress(done.Add(f.size), total)
			return nil
		}
		got, err := p.hash(ctx, f, func(n int) { p.progress(done.Add(int64(n)), total) })
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if got != f.sha256 {
			return fmt.Errorf("%s: comes back from %v with other bytes: delete it there, and publish again", f.name, p.store)
		}
		downloaded.Add(1)
		return nil
	})
	return verification{int(byStore.Load()), int(downloaded.Load())}, err
}

// hash downloads an object and hashes it. A download that breaks is begun again.
func (p *publisher) hash(ctx context.Context, f file, progress func(n int)) (string, error) {
	for attempt := 1; ; attempt++ {
		r, err := p.store.get(ctx, f.name)
		if err != nil {
			return "", err // has been tried often enough
		}
		h := sha256.New()
		n, err := io.Copy(io.MultiWriter(h, counter(progress)), r)
		r.Close()
		if err == nil {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		progress(-int(n))
		if ctx.Err() != nil || attempt == p.store.cfg.attempts {
			return "", err
		}
	}
}

type counter func(n int)

func (c counter) Write(p []byte) (int, error) {
	c(len(p))
	return len(p), nil
}
