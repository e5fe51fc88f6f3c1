package kernel

import "mixtab/engine/gpu"

// RouterParams is router.wgsl's Params.
type RouterParams struct {
	Dim                 uint32
	Eps                 float32
	Table, Trace, Fault uint32
}

// RouterSlots tell a router where its layer lies in the state; the zero value is for
// passes of several tokens.
type RouterSlots struct {
	Table int // StateLayout.Table
	Trace int // StateLayout.Trace; 0: the route is not noted
	Fault int // 1 + the layer; 0: the pass goes on whether or not the experts have slots
}

// Choice is the shape of routing: TopK of Experts work for a token.
type Choice struct{ Experts, TopK int }

// RouteBytes is the size of the routes of n tokens: (expert u32, weight f32)[n, TopK].
func (c Choice) RouteBytes(n int) int { return n * c.TopK * 8 }

// Router normalises the pass's tokens and picks each one's experts: the TopK largest
// router logits, weighted by a softmax over just those. In a pass of one token it also
// sees to it that the pass waits where one of them has no slot.
//
//	x f32[n, dim], w f32[dim], gate f32[experts, dim], state → h f32[n, dim], route, state
func Router(t Tuning, x, w, gate, state, h, route gpu.Binding, n, dim int, eps float32, c Choice, s RouterSlots) Call {
	wg := t.ReduceWG
	for wg*c.Experts*4 > 8<<10 && wg > 1 { // the partial sums take half of the least workgroup memory
		wg /= 2
	}
	return Call{
		stem: "router",
		consts: []gpu.Constant{
			{Name: "WG", Value: uint32(wg)}, {Name: "EXPERTS", Value: uint32(c.Experts)}, {Name: "TOP_K", Value: uint32(c.TopK)}},
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite, gpu.ReadWrite, gpu.ReadWrite},
		bindings: []gpu.Binding{x, w, gate, state, h, route},
		params:   RouterParams{Dim: uint32(dim), Eps: eps, Table: uint32(s.Table), Trace: uint32(s.Trace), Fault: uint32(s.Fault)},
		grid:     [3]int{n, 1, 1},
		work:     numbersWork(4*dim*(1+c.Experts), n, 2*dim, dim*(4+2*c.Experts)),
	}
}
