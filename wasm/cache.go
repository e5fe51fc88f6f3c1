//go:build js && wasm

package main

import (
	"context"
	"errors"

	"mixtab/engine/mixtral"
	"mixtab/wasm/protocol"
	"mixtab/wasm/source"
)

// cache keeps the KV cache of a conversation that has just run, or brings one back.
func (s *server) cache(ctx context.Context, r protocol.Cache) (protocol.Event, error) {
	identity, err := s.engine.CacheIdentity()
	if err != nil {
		return nil, err
	}
	tokens := 0
	switch r.Action {
	case protocol.CacheSave:
		if r.LimitBytes < 0 {
			return nil, badRequest("limitBytes is %d; it must be at least 0", r.LimitBytes)
		}
		err = s.engine.SaveCache(messages(r.Messages), func(held []int32, stretches []mixtral.Stretch) error {
			saved, err := s.pack.SaveCache(ctx, s.dev, r.Key, identity, held, stretches, r.LimitBytes)
			if saved {
				tokens = len(held)
			}
			return err
		})
	case protocol.CacheRestore:
		tokens, err = s.restoreCache(ctx, r.Key, identity)
	case protocol.CacheDrop:
		err = s.pack.Store().DropCache(ctx, r.Key)
	default:
		err = badRequest("action is %q; \"save\", \"restore\" and \"drop\" are known", r.Action)
	}
	return protocol.Cached{Type: "cached", ID: r.ID, Tokens: tokens}, invalid(err)
}

func (s *server) restoreCache(ctx context.Context, key, identity string) (tokens int, err error) {
	stored, err := s.pack.Store().OpenCache(ctx, key, identity)
	if stored == nil || err != nil {
		return 0, err
	}
	restored, err := s.engine.RestoreCache(ctx, stored.Tokens, func(ctx context.Context, stretches []mixtral.Stretch) error {
		return stored.Load(ctx, s.dev, stretches)
	})
	if errors.Is(err, source.ErrNoCache) {
		return 0, nil
	}
	if restored {
		tokens = len(stored.Tokens)
	}
	return tokens, err
}
