package kernel

import (
	"fmt"

	"mixtab/engine/gpu"
)

// AttentionParams is attention.wgsl's Params.
type AttentionParams struct{ NHeads, NKVHeads, Scales, Spans uint32 }

// AttentionReduceParams is attention_reduce.wgsl's Params.
type AttentionReduceParams struct{ NHeads, Spans uint32 }

// An AttentionVariant says how attention is shared out. It is a row of a table by the sort
// of adapter; the zero value is for GPUs.
type AttentionVariant uint8

const (
	// ByTeam lets neighbouring threads read a key together, and spreads a long past over
	// many workgroups.
	ByTeam AttentionVariant = iota
	// ByThread needs few barriers, and keeps a thread busy for long: for CPU adapters.
	ByThread
)

// AttentionVariants are all of them.
var AttentionVariants = []AttentionVariant{ByTeam, ByThread}

func (v AttentionVariant) String() string {
	if v == ByThread {
		return "by thread"
	}
	return "by team"
}

// MarshalText is String.
func (v AttentionVariant) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what String writes.
func (v *AttentionVariant) UnmarshalText(text []byte) error {
	for _, known := range AttentionVariants {
		if known.String() == string(text) {
			*v = known
			return nil
		}
	}
	return fmt.Errorf("no attention is called %q", text)
}

// An attentionShape is what a variant is compiled with.
type attentionShape struct {
	scores string // a file of shaders/lib
	tile   int    // positions whose scores are in workgroup memory at once; of ByThread, for each thread
	span   int    // positions of a workgroup
}

// Spans are short where many workgroups shall work on one token, and long enough that what
// attention_reduce reads is little beside the keys and values. SwiftShader takes long to
// compile a kernel with much workgroup memory, hence the small tile by thread. lavapipe (Mesa 22) ends
// a thread's loops, all together, after 65,535 turns; 2,048 positions take 4,000.
var attentionShapes = map[AttentionVariant]attentionShape{
	ByTeam:   {scores: "scores_by_team", tile: 32, span: 256},
	ByThread: {scores: "scores_by_thread", tile: 4, span: 2048},
}

// fewTokens are as many as attention takes on one by one, by spans. A chunk of more has
// workgroups enough, and its tokens share the keys and values that a workgroup reads.
const fewTokens = 8

// tiled says whether a pass of at most n tokens is a chunk. On CPU adapters nothing is
// gained by it, and the bits of a token do not depend on how it came.
func (t Tuning) tiled(n int) bool { return t.Attention == ByTeam && n > fewTokens }

// attentionSpans is how many parts attention over so many positions has.
func (t Tuning) attentionSpans(context int) int {
	return ceilDiv(context, attentionShapes[t.Attention].span)
}

// AttentionPartBytes is the room that Attention needs for the parts of passes of at most n
// tokens: none where a single workgroup has all positions of a head.
func AttentionPartBytes(t Tuning, n, context int, h Heads) int {
	spans := t.attentionSpans(context)
	if spans == 1 {
		return 0
	}
	if t.tiled(n) {
		n = fewTokens
	}
	return 4 * n * h.NHeads * spans * (h.HeadDim + 4)
}

// Attention is causal grouped-query attention of the pass's tokens over the KV cache,
// with an online softmax: no score matrix is ever in memory. A cache of many positions
// is split into spans, whose parts a second dispatch joins; spans that no token has
// reached cost nothing.
//
//	q f32[n, nHeads, headDim], k, v CACHE[context, nKVHeads, headDim], state → y f32[n, nHeads, headDim]
func Attention(t Tuning, q gpu.Binding, kv KV, state, parts, y gpu.Binding, n int, h Heads) []Call {
	if t.tiled(n) {
		return []Call{attentionTiled(q, kv, state, y, n, h)}
	}
	spans := t.attentionSpans(kv.Context)
	if spans == 1 {
		return []Call{attention(t, q, kv, state, y, n, spans, h)}
	}
	return []Call{attention(t, q, kv, state, parts, n, spans, h), attentionReduce(t, parts, state, y, n, spans, h)}
}

func attention(t Tuning, q gpu.Binding, kv KV, state, y gpu.Binding, n, spans int, h Heads) Call {
	shape := attentionShapes[t.Attention]
	units, group := h.HeadDim/8, h.NHeads/h.NKVHeads
	wg, tile := units, shape.tile*units
	if t.Attention == ByTeam {
		wg, tile = max(units, t.AttentionWG), shape.tile
	}
	consts := []gpu.Constant{
		{Name: "WG", Value: uint32(wg)}, {Name: "HEAD_DIM", Value: uint32(h.HeadDim)}, {Name: "GROUP", Value: uint32(group)},
		{Name: "TILE", Value: uint32(tile)}, {Name: "SPAN", Value: uint32(shape.span)}}
	if t.Attention == ByTeam { // parts of scores, then parts of sums
		consts = append(consts, gpu.Constant{Name: "WORK", Value: uint32(max(tile*(units+1), 8*wg))})
	}
	return Call{
		stem: "attention", kv: kv.Format,
		imports:  map[string]string{"CACHE": "kv_" + kv.Format.String(), "SCORES": shape.scores},
		consts:   consts,
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{q, kv.K, kv.V, state, y},
		params:   AttentionParams{NHeads: uint32(h.NHeads), NKVHeads: uint32(h.NKVHeads), Scales: kv.scales(h), Spans: uint32(spans)},
		grid:     [3]int{h.NKVHeads * ceilDiv(group, 4), n, spans},
		work:     attentionWork(h, n, kv.Format.KBytes(1, h)+kv.Format.VBytes(1, h)),
	}
}

// AttentionTiledParams is attention_tiled.wgsl's Params.
type AttentionTiledParams struct{ NHeads, NKVHeads, Scales uint32 }

func attentionTiled(q gpu.Binding, kv KV, state, y gpu.Binding, n int, h Heads) Call {
	const tokens = 8
	group := h.NHeads / h.NKVHeads
	return Call{
		stem: "attention_tiled", kv: kv.Format,
		imports:  map[string]string{"CACHE": "kv_" + kv.Format.String()},
		consts:   []gpu.Constant{{Name: "TOKENS", Value: tokens}, {Name: "HEAD_DIM", Value: uint32(h.HeadDim)}, {Name: "GROUP", Value: uint32(group)}},
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{q, kv.K, kv.V, state, y},
		params:   AttentionTiledParams{NHeads: uint32(h.NHeads), NKVHeads: uint32(h.NKVHeads), Scales: kv.scales(h)},
		grid:     [3]int{h.NKVHeads * ceilDiv(group, 4), ceilDiv(n, tokens), 1},
		work:     attentionWork(h, n, kv.Format.KBytes(1, h)+kv.Format.VBytes(1, h)),
	}
}

func attentionReduce(t Tuning, parts, state, y gpu.Binding, n, spans int, h Heads) Call {
	return Call{
		stem: "attention_reduce",
		consts: []gpu.Constant{{Name: "WG", Value: uint32(t.RowWG)}, {Name: "HEAD_DIM", Value: uint32(h.HeadDim)},
			{Name: "SPAN", Value: uint32(attentionShapes[t.Attention].span)}},
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{parts, state, y},
		params:   AttentionReduceParams{NHeads: uint32(h.NHeads), Spans: uint32(spans)},
		grid:     [3]int{ceilDiv(h.NHeads*h.HeadDim/4, t.RowWG), n, 1},
		work:     numbersWork(0, n, h.NHeads*(2*h.HeadDim+2), 0), // of one part, as it must be at least
	}
}
