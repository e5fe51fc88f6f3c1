package mixtral

import (
	"context"
	"fmt"

	"mixtab/engine/gpu"
)

// KVCache holds the keys and values of the tokens that the model has seen, for each
// layer k, v f32[context, nKVHeads, headDim], and knows which tokens they are.
type KVCache struct {
	k, v   []gpu.Buffer // by layer
	tokens []int32      // tokens[i] is the token at position i
}

func (m *Model) allocateCache(ctx context.Context) error {
	c := m.Config
	bytes := m.Context * c.NKVHeads * c.HeadDim * 4
	for l := range c.NLayers {
		k, err := m.buffer(ctx, fmt.Sprintf("layers.%d key cache of %d tokens", l, m.Context), bytes)
		if err != nil {
			return err
		}
		v, err := m.buffer(ctx, fmt.Sprintf("layers.%d value cache of %d tokens", l, m.Context), bytes)
		if err != nil {
			return err
		}
		m.cache.k, m.cache.v = append(m.cache.k, k), append(m.cache.v, v)
	}
	return nil
}

// Len is the number of tokens in the cache.
func (c *KVCache) Len() int { return len(c.tokens) }

// Reuse keeps the longest prefix of the prompt that the cache holds, drops the rest,
// and returns its length. The prompt's last token is never kept: it must run to give
// logits.
func (c *KVCache) Reuse(prompt []int32) int {
	n := c.Common(prompt)
	c.Truncate(n)
	return n
}

// Common is what Reuse would keep.
func (c *KVCache) Common(prompt []int32) int {
	n := 0
	for n < len(c.tokens) && n < len(prompt)-1 && c.tokens[n] == prompt[n] {
		n++
	}
	return n
}

// Truncate forgets the tokens from position n on.
func (c *KVCache) Truncate(n int) { c.tokens = c.tokens[:n] }
