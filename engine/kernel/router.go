package kernel

import "mixtab/engine/gpu"

// RouterParams is router.wgsl's Params.
type RouterParams struct {
	Dim uint32
	Eps float32
}

// Choice is the shape of routing: TopK of Experts work for a token.
type Choice struct{ Experts, TopK int }

// RouteBytes is the size of the routes of n tokens: (expert u32, weight f32)[n, TopK].
func (c Choice) RouteBytes(n int) int { return n * c.TopK * 8 }

// Router normalises the pass's tokens and picks each one's experts: the TopK largest
// router logits, weighted by a softmax over just those.
//
//	x f32[n, dim], w f32[dim], gate f32[experts, dim], state → h f32[n, dim], route
func Router(t Tuning, x, w, gate, state, h, route gpu.Binding, n, dim int, eps float32, c Choice) Call {
	wg := t.ReduceWG
	for wg*c.Experts*4 > 8<<10 && wg > 1 { // the partial sums take half of the least workgroup memory
		wg /= 2
	}
	return Call{
		stem: "router",
		consts: []gpu.Constant{
			{Name: "WG", Value: uint32(wg)}, {Name: "EXPERTS", Value: uint32(c.Experts)}, {Name: "TOP_K", Value: uint32(c.TopK)}},
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite, gpu.ReadWrite},
		bindings: []gpu.Binding{x, w, gate, state, h, route},
		params:   RouterParams{Dim: uint32(dim), Eps: eps},
		grid:     [3]int{n, 1, 1},
	}
}
