package kernel

import (
	"mixtab/engine/gpu"
	"mixtab/engine/quant"
)

// QKVParams is qkv.wgsl's Params.
type QKVParams struct{ Cols, NHeads, NKVHeads, HeadDim uint32 }

// Heads is the shape of grouped-query attention.
type Heads struct{ NHeads, NKVHeads, HeadDim int }

// QKV projects the pass's tokens to queries, keys and values, rotates queries and
// keys, and writes keys and values into the KV cache at the tokens' positions.
//
//	x f32[n, cols], state, w format[(nHeads+2·nKVHeads)·headDim, cols],
//	rope f32[context, headDim/2, 2] → q f32[n, nHeads, headDim], k, v CACHE[context, nKVHeads, headDim]
//
// For a cache of q8, k and v are f32[n, nKVHeads, headDim], which KVQuantise takes on.
func QKV(t Tuning, format quant.Format, kv KVFormat, x, state, w, rope, q, k, v gpu.Binding, n, cols int, h Heads) Call {
	p := t.product(n)
	pairs := (h.NHeads + 2*h.NKVHeads) * h.HeadDim / 2
	return Call{
		stem: "qkv", format: format, weighted: true, kv: kv, product: p,
		imports: map[string]string{"CACHE_WRITE": "kv_write_" + kv.String()},
		consts:  p.consts(format),
		access:  []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite, gpu.ReadWrite, gpu.ReadWrite},

		bindings: []gpu.Binding{x, state, w, rope, q, k, v},
		params: QKVParams{Cols: uint32(cols), NHeads: uint32(h.NHeads),
			NKVHeads: uint32(h.NKVHeads), HeadDim: uint32(h.HeadDim)},
		grid: [3]int{ceilDiv(2*pairs, p.RowSpan()), ceilDiv(n, p.TokenSpan()), 1},
		work: rowsWork(format, 2*pairs, cols, n, 1),
	}
}
