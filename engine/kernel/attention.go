package kernel

import "mixtab/engine/gpu"

// AttentionParams is attention.wgsl's Params.
type AttentionParams struct{ NHeads, NKVHeads uint32 }

// Attention is causal grouped-query attention of the pass's tokens over the KV cache,
// with an online softmax: no score matrix is ever in memory.
//
//	q f32[n, nHeads, headDim], k, v f32[context, nKVHeads, headDim], state → y f32[n, nHeads, headDim]
func Attention(t Tuning, q, k, v, state, y gpu.Binding, n int, h Heads) Call {
	return Call{
		stem:     "attention",
		consts:   []gpu.Constant{{Name: "WG", Value: uint32(t.AttentionWG)}, {Name: "HEAD_DIM", Value: uint32(h.HeadDim)}},
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{q, k, v, state, y},
		params:   AttentionParams{NHeads: uint32(h.NHeads), NKVHeads: uint32(h.NKVHeads)},
		grid:     [3]int{h.NHeads, n, 1},
		work:     attentionWork(h, n, 2*4*h.NKVHeads*h.HeadDim),
	}
}
