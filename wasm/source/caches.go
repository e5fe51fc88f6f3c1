//go:build js && wasm

package source

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"mixtab/engine/mixtral"
	"mixtab/engine/weights"
	"mixtab/wasm/webgpu"
)

// pieces cuts stretches of a KV cache into what moves at a time.
func pieces(stretches []mixtral.Stretch) (all []mixtral.Stretch, total int) {
	for _, s := range stretches {
		total += s.Bytes
		for at := 0; at < s.Bytes; at += chunkBytes {
			all = append(all, mixtral.Stretch{Buffer: s.Buffer, Offset: s.Offset + at, Bytes: min(chunkBytes, s.Bytes-at)})
		}
	}
	return all, total
}

// SaveCache keeps a KV cache under a key, in place of the one that was there, within a
// limit in bytes for all that are kept: those used longest ago make room. It goes with the
// pack when that is removed. No byte of it passes through Go. It says whether it fits.
func (p *Pack) SaveCache(ctx context.Context, dev *webgpu.Device, key, identity string, tokens []int32, stretches []mixtral.Stretch, limit int64) (saved bool, err error) {
	s := p.store
	all, total := pieces(stretches)
	fits, err := s.call(ctx, "beginCache", key, total, limit)
	if err != nil {
		return false, err
	}
	if saved, err = fits.Bool(); err != nil || !saved {
		return false, err
	}
	defer func() {
		if err != nil { // half of it is of no use
			err = errors.Join(err, s.DropCache(context.WithoutCancel(ctx), key))
		}
	}()
	for _, piece := range all {
		bytes, err := dev.ReadJS(ctx, piece.Buffer, piece.Offset, piece.Bytes)
		if err != nil {
			return false, err
		}
		if _, err := s.call(ctx, "addToCache", key, bytes); err != nil {
			return false, err
		}
	}
	list, err := json.Marshal(tokens)
	if err != nil {
		return false, err
	}
	_, err = s.call(ctx, "endCache", key, p.URL, identity, string(list))
	return err == nil, err
}

// A StoredCache is a KV cache that the store has.
type StoredCache struct {
	Tokens []int32 `json:"tokens"`
	Pieces []struct {
		Bytes  int    `json:"bytes"`
		SHA256 string `json:"sha256"`
	} `json:"pieces"`

	store *Store
	key   string
}

// OpenCache finds the KV cache of a key; nil where there is none of this identity.
func (s *Store) OpenCache(ctx context.Context, key, identity string) (*StoredCache, error) {
	about, err := s.call(ctx, "openCache", key, identity)
	if err != nil || about.IsNull() {
		return nil, err
	}
	text, err := about.String()
	if err != nil {
		return nil, err
	}
	c := &StoredCache{store: s, key: key}
	if err := json.Unmarshal([]byte(text), c); err != nil {
		return nil, s.DropCache(ctx, key)
	}
	return c, nil
}

// ErrNoCache is what Load gives of a cache that is damaged, or of other sizes than the
// stretches. It is removed.
var ErrNoCache = errors.New("the stored KV cache is of no use")

// Load brings the cache to stretches of the sizes that it was saved from.
func (c *StoredCache) Load(ctx context.Context, dev *webgpu.Device, stretches []mixtral.Stretch) error {
	all, _ := pieces(stretches)
	sizes := make([]int, len(c.Pieces))
	for i, p := range c.Pieces {
		sizes[i] = p.Bytes
	}
	if !slices.EqualFunc(all, sizes, func(s mixtral.Stretch, bytes int) bool { return s.Bytes == bytes }) {
		return errors.Join(ErrNoCache, c.store.DropCache(ctx, c.key))
	}
	at := 0
	for i, to := range all {
		bytes, err := c.store.call(ctx, "readCache", c.key, at, to.Bytes, c.Pieces[i].SHA256)
		if errors.Is(err, weights.ErrBadShard) {
			return ErrNoCache // the store has removed it
		}
		if err != nil {
			return err
		}
		// A copy that has begun is not given up: what runs next must come behind it.
		if err := dev.UploadJS(context.WithoutCancel(ctx), to.Buffer, to.Offset, bytes, 0, to.Bytes); err != nil {
			return err
		}
		c.store.release(bytes)
		at += to.Bytes
	}
	return nil
}

// DropCache removes what a key has.
func (s *Store) DropCache(ctx context.Context, key string) error {
	_, err := s.call(ctx, "dropCache", key)
	return err
}
