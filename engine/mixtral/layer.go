package mixtral

import (
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/weights"
)

// layerCalls is one layer for a pass of at most n tokens:
//
//	x += O · attention(RoPE(QKV · RMSNorm(x)))
//	x += Σ weight · W2(silu(W1·h) ⊙ W3·h) over the router's experts, h = RMSNorm(x)
//
// A pass of one token reads its two experts straight from the route; a chunk sorts its
// tokens by expert first, so that each expert's weights are read once a tile.
func (m *Model) layerCalls(l, n int) []kernel.Call {
	c, t, a, w := m.Config, m.tuning, &m.act, &m.w.layers[l]
	heads := kernel.Heads{NHeads: c.NHeads, NKVHeads: c.NKVHeads, HeadDim: c.HeadDim}
	choice := kernel.Choice{Experts: c.NExperts, TopK: c.NExpertsPerTok}
	eps := float32(c.NormEps)
	k, v := gpu.Binding{Buffer: m.cache.k[l]}, gpu.Binding{Buffer: m.cache.v[l]}
	route := m.routeOf(l)
	gate, up, down := w.experts[weights.Gate], w.experts[weights.Up], w.experts[weights.Down]

	calls := []kernel.Call{
		kernel.RMSNorm(t, a.x, w.attnNorm, a.state, a.h, n, c.Dim, eps, false),
		kernel.QKV(t, w.qkv.format, a.h, a.state, w.qkv.Binding, a.rope, a.q, k, v, n, c.Dim, heads),
		kernel.Attention(t, a.q, k, v, a.state, a.att, n, heads),
		kernel.Matmul(t, w.output.format, a.att, a.state, w.output.Binding, a.x, n, c.Dim, c.NHeads*c.HeadDim, c.Dim, 0, true),
		kernel.Router(t, a.x, w.ffnNorm, w.router, a.state, a.h, route, n, c.Dim, eps, choice),
	}
	if n == 1 {
		return append(calls,
			kernel.MoEGateUp(t, a.h, route, gate, up, a.hidden, choice),
			kernel.MoEDown(t, a.hidden, route, down, a.x, choice))
	}
	return append(calls,
		kernel.MoEPlan(t, route, a.state, a.plan, n, choice),
		kernel.MoEGateUpGrouped(t, a.h, a.plan, gate, up, a.hidden, n, choice),
		kernel.MoEDownGrouped(t, a.hidden, a.plan, down, a.experts, n, choice),
		kernel.MoECombine(t, a.experts, route, a.state, a.x, n, c.Dim, choice))
}
