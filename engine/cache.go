package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"mixtab/engine/chat"
	"mixtab/engine/mixtral"
)

// CacheIdentity names what keys and values depend on besides their tokens: the pack, the
// format they are kept in, and what computes them. Those of another are of no use.
func (e *Engine) CacheIdentity() (string, error) {
	manifest, err := e.Manifest.Marshal()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(manifest)
	return fmt.Sprintf("%s %s %s %s", hex.EncodeToString(sum[:]), e.KVFormat(), e.tuning.Decode.Arithmetic, e.dev.Info().Adapter), nil
}

// SaveCache gives save what the KV cache holds of a conversation: its first tokens, and where
// their keys and values lie on the device. Where that is less than half of the conversation,
// as another one ran since, there is nothing to save.
func (e *Engine) SaveCache(msgs []chat.Message, save func(tokens []int32, stretches []mixtral.Stretch) error) (err error) {
	defer recovered(&err)
	switch {
	case e.lost != nil:
		return e.lost
	case e.Tokenizer == nil:
		return ErrNoTokenizer
	}
	ids, err := chat.Encode(e.Tokenizer, msgs)
	if err != nil {
		return err
	}
	n := e.Reused(ids)
	if 2*n < len(ids) {
		return nil
	}
	return save(ids[:n], e.model.CacheStretches(n))
}

// RestoreCache has load bring keys and values that were saved under the same identity to
// the device, so that a prompt that begins with their tokens runs only what follows. It
// says whether there was room for them. After an error of load the cache is empty.
func (e *Engine) RestoreCache(ctx context.Context, tokens []int32, load func(context.Context, []mixtral.Stretch) error) (restored bool, err error) {
	defer recovered(&err)
	cache := e.model.Cache()
	switch {
	case e.lost != nil:
		return false, e.lost
	case len(tokens) == 0 || len(tokens) > e.Context():
		return false, nil
	case cache.Holds(tokens):
		return true, nil
	}
	cache.Truncate(0)
	if err := load(ctx, e.model.CacheStretches(len(tokens))); err != nil {
		return false, err
	}
	cache.Hold(tokens)
	return true, nil
}
