package mixtral

import "mixtab/engine/kernel"

// A layer, for a pass of at most n tokens, is
//
//	x += O · attention(RoPE(QKV · RMSNorm(x)))
//	x += Σ weight · W2(silu(W1·h) ⊙ W3·h) over the router's experts, h = RMSNorm(x)
//
// in two parts, since the second may have to wait for its experts.

// attentionCalls is the first part, up to the router's choice.
func (m *Model) attentionCalls(l int, k kind) []kernel.Call {
	c, t, n, a, w := m.Config, k.tuning, k.n, &m.act, &m.w.layers[l]
	h, kv := heads(c), m.cache.layer(l, m.Context)
	eps := float32(c.NormEps)
	state := m.stateLayout()
	var slots kernel.RouterSlots
	if n == 1 {
		slots = kernel.RouterSlots{Table: state.Table(l), Trace: state.Trace(l), Fault: l + 1}
	}
	calls := []kernel.Call{kernel.RMSNorm(t, a.x, w.attnNorm, a.state, a.h, n, c.Dim, eps, false)}
	if kv.Format == kernel.KVQ8 {
		calls = append(calls,
			kernel.QKV(t, w.qkv.format, kv.Format, a.h, a.state, w.qkv.Binding, a.rope, a.q, m.cache.newK, m.cache.newV, n, c.Dim, h),
			kernel.KVQuantise(t, m.cache.newK, m.cache.newV, a.state, kv, n, h))
	} else {
		calls = append(calls, kernel.QKV(t, w.qkv.format, kv.Format, a.h, a.state, w.qkv.Binding, a.rope, a.q, kv.K, kv.V, n, c.Dim, h))
	}
	calls = append(calls, kernel.Attention(t, a.q, kv, a.state, m.cache.parts, a.att, n, h)...)
	return append(calls,
		kernel.Matmul(t, w.output.format, a.att, a.state, w.output.Binding, a.x, n, c.Dim, c.NHeads*c.HeadDim, c.Dim, 0, true),
		kernel.Router(t, a.x, w.ffnNorm, w.router, a.state, a.h, m.routeOf(l), n, c.Dim, eps, state.Choice, slots))
}

// expertCalls is the second part, with the experts where e says. One token reads its two
// experts straight from the route; a chunk sorts its tokens by expert first, so that each
// expert's weights are read once a tile, and leaves the weighted sum to combineCalls, as
// not all its experts may be on the device at once.
func (m *Model) expertCalls(l int, k kind, e expertMatrices) []kernel.Call {
	t, n, a, choice := k.tuning, k.n, &m.act, m.choice()
	route, table := m.routeOf(l), m.stateLayout().Table(l)
	if k.apart {
		return []kernel.Call{
			kernel.MoEGateUp(t, a.h, route, e.gate, e.up, a.state, a.hidden, table, n, choice),
			kernel.MoEDown(t, a.hidden, route, e.down, a.state, a.x, table, n, choice),
		}
	}
	return append(m.planCalls(l, k),
		kernel.MoEGateUpGrouped(t, a.h, a.plan, e.gate, e.up, a.hidden, n, choice),
		kernel.MoEDownGrouped(t, a.hidden, a.plan, e.down, a.experts, n, choice))
}

// planCalls sort a chunk's tokens by expert.
func (m *Model) planCalls(l int, k kind) []kernel.Call {
	return []kernel.Call{kernel.MoEPlan(k.tuning, m.routeOf(l), m.act.state, m.act.plan, m.stateLayout().Table(l), k.n, m.choice())}
}

// combineCalls add what a chunk's experts gave.
func (m *Model) combineCalls(l int, k kind) []kernel.Call {
	if k.apart {
		return nil
	}
	return []kernel.Call{kernel.MoECombine(k.tuning, m.act.experts, m.routeOf(l), m.act.state, m.act.x, k.n, m.Config.Dim, m.choice())}
}

func (m *Model) choice() kernel.Choice {
	return kernel.Choice{Experts: m.Config.NExperts, TopK: m.Config.NExpertsPerTok}
}

func (m *Model) stateLayout() kernel.StateLayout {
	return kernel.StateLayout{Layers: m.Config.NLayers, Choice: m.choice()}
}
