//go:build js && wasm

package source

import (
	"context"
	"fmt"
	"sync"

	"mixtab/engine/weights"
)

// A Pack is one of the store's, there already or to be fetched.
type Pack struct {
	URL string // of the folder, with a slash at its end; "local:…/" where the user lent one

	store   *Store
	opening sync.Mutex
	state   State
	shards  map[string]int64 // lengths by SHA-256; nil before Open
}

// State is what the store had of a pack when it was opened.
type State struct {
	Manifest    *weights.Manifest
	StoredBytes int64
	Complete    bool // all of it is there
	Persistent  bool // the browser keeps what comes; else it is fetched anew each time

	raw []byte
}

// Store is the store that the pack is of.
func (p *Pack) Store() *Store { return p.store }

// Pack is the pack in the folder at an absolute URL, which ends in a slash.
func (s *Store) Pack(url string) *Pack { return &Pack{URL: url, store: s} }

// Open asks the store for the pack, once.
func (p *Pack) Open(ctx context.Context) (State, error) {
	p.opening.Lock()
	defer p.opening.Unlock()
	if p.shards != nil {
		return p.state, nil
	}
	s, err := p.store.open(ctx, p.URL)
	if err != nil {
		return State{}, err
	}
	if s.Manifest, err = weights.ParseManifest(s.raw); err != nil {
		return State{}, fmt.Errorf("%s%s: %w", p.URL, weights.ManifestPath, err)
	}
	shards := map[string]int64{}
	for _, shard := range s.Manifest.Shards {
		shards[shard.SHA256] = shard.Bytes
	}
	p.state, p.shards = s, shards
	return s, nil
}

// Download brings what is missing of the pack into the store, beside what a Source
// loads, which overtakes it. onProgress must not block.
func (p *Pack) Download(onProgress func(Progress)) error {
	return p.store.download(p.URL, onProgress)
}

// Manifest implements weights.Source.
func (p *Pack) Manifest(ctx context.Context) ([]byte, error) {
	s, err := p.Open(ctx)
	return s.raw, err
}

// Tokenizer implements weights.Source.
func (p *Pack) Tokenizer(ctx context.Context) ([]byte, error) {
	s, err := p.Open(ctx)
	if err != nil || s.Manifest.Tokenizer.Kind == weights.KindNone {
		return nil, err
	}
	return p.store.file(ctx, p.URL, s.Manifest.Tokenizer.File, s.Manifest.Tokenizer.SHA256)
}
