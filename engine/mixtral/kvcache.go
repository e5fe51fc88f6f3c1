package mixtral

import (
	"context"
	"fmt"
	"slices"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/weights"
)

// KVCache holds the keys and values of the tokens that the model has seen, for each
// layer k, v [context, nKVHeads, headDim], and knows which tokens they are. As numbers they are
//
//	f32  as they are
//	f16  word i of a position's head has dimensions i and i + headDim/2, which are one thread's in
//	     qkv, as RoPE rotates them together: no two threads write to one word
//	q8   int8, in words of four dimensions, those of the head's first half and of its second by turns;
//	     four such pairs share a scale, the binary16 next to the largest of them over 127. The scales
//	     lie behind the keys, k's and v's in one word. qkv leaves its float32 in newK and newV,
//	     and kv_quantise, one dispatch more, writes them here.
type KVCache struct {
	format     kernel.KVFormat
	k, v       []gpu.Buffer // by layer
	newK, newV gpu.Binding  // f32[chunk, nKVHeads, headDim]; only of q8
	parts      gpu.Binding  // what attention joins; nothing where the context is short
	tokens     []int32      // tokens[i] is the token at position i
}

// DefaultCacheBytes is what the KV cache takes at most where nobody asks for a length: of
// Mixtral-8x7B, 4,096 tokens in f32, 8,192 in f16, 15,420 in q8.
const DefaultCacheBytes = 1 << 30

// CacheBytes is what the keys and values of so many tokens take.
func CacheBytes(c weights.Config, format kernel.KVFormat, context int) int64 {
	h := heads(c)
	return int64(c.NLayers) * int64(format.KBytes(context, h)+format.VBytes(context, h))
}

// ContextLength is the wanted number of positions, no more than the model's own maximum.
func ContextLength(c weights.Config, format kernel.KVFormat, wanted int) int {
	if wanted <= 0 {
		wanted = int(DefaultCacheBytes / CacheBytes(c, format, 1))
	}
	return max(1, min(wanted, c.MaxPositions))
}

func heads(c weights.Config) kernel.Heads {
	return kernel.Heads{NHeads: c.NHeads, NKVHeads: c.NKVHeads, HeadDim: c.HeadDim}
}

func (m *Model) allocateCache(ctx context.Context) error {
	c, h, format := m.Config, heads(m.Config), m.cache.format
	for l := range c.NLayers {
		k, err := m.buffer(ctx, fmt.Sprintf("layers.%d key cache of %d tokens", l, m.Context), format.KBytes(m.Context, h))
		if err != nil {
			return err
		}
		v, err := m.buffer(ctx, fmt.Sprintf("layers.%d value cache of %d tokens", l, m.Context), format.VBytes(m.Context, h))
		if err != nil {
			return err
		}
		m.cache.k, m.cache.v = append(m.cache.k, k), append(m.cache.v, v)
	}
	fresh := 0
	if format == kernel.KVQ8 {
		fresh = 4 * m.tuning.Chunk * c.NKVHeads * c.HeadDim
	}
	for _, b := range []struct {
		to    *gpu.Binding
		label string
		bytes int
	}{
		{&m.cache.newK, "new keys", fresh},
		{&m.cache.newV, "new values", fresh},
		{&m.cache.parts, "parts of attention", kernel.AttentionPartBytes(m.tuning, m.tuning.Chunk, m.Context, h)},
	} {
		if b.bytes == 0 {
			continue
		}
		buffer, err := m.buffer(ctx, b.label, b.bytes)
		if err != nil {
			return err
		}
		*b.to = gpu.Binding{Buffer: buffer}
	}
	return nil
}

// layer is the cache of a layer.
func (c *KVCache) layer(l, context int) kernel.KV {
	return kernel.KV{Format: c.format, K: gpu.Binding{Buffer: c.k[l]}, V: gpu.Binding{Buffer: c.v[l]}, Context: context}
}

// A Stretch is a piece of the KV cache on the device.
type Stretch struct {
	Buffer        gpu.Buffer
	Offset, Bytes int
}

// CacheStretches are where the keys and values of the first n positions lie: of each layer
// the keys, the scales where the format has any, and the values. Together they are all that
// attention knows of these tokens.
func (m *Model) CacheStretches(n int) (all []Stretch) {
	f, h := m.cache.format, heads(m.Config)
	values := f.VBytes(n, h) // the keys' numbers take as much
	for l := range m.cache.k {
		all = append(all, Stretch{m.cache.k[l], 0, values})
		if scales := f.KBytes(n, h) - values; scales > 0 {
			all = append(all, Stretch{m.cache.k[l], f.VBytes(m.Context, h), scales})
		}
		all = append(all, Stretch{m.cache.v[l], 0, values})
	}
	return all
}

// Hold tells the cache which tokens' keys and values were brought to its stretches.
func (c *KVCache) Hold(tokens []int32) { c.tokens = slices.Clone(tokens) }

// Holds says whether these tokens are the cache's first.
func (c *KVCache) Holds(tokens []int32) bool {
	return len(tokens) <= len(c.tokens) && slices.Equal(c.tokens[:len(tokens)], tokens)
}

// Format is how the cache keeps its numbers.
func (c *KVCache) Format() kernel.KVFormat { return c.format }

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
