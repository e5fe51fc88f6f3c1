package kernel

import "mixtab/engine/gpu"

// RMSNormParams is rmsnorm.wgsl's Params.
type RMSNormParams struct {
	Dim  uint32
	Eps  float32
	Last uint32
}

// RMSNorm normalises every token of the pass, y[t] = x[t]·rsqrt(mean(x[t]²)+eps)·w, or
// with last only the pass's last token, into y[0].
//
//	x f32[n, dim], w f32[dim], state → y f32[n, dim]
func RMSNorm(t Tuning, x, w, state, y gpu.Binding, n, dim int, eps float32, last bool) Call {
	p := RMSNormParams{Dim: uint32(dim), Eps: eps}
	if last {
		p.Last, n = 1, 1
	}
	return Call{
		stem:     "rmsnorm",
		consts:   []gpu.Constant{{Name: "WG", Value: uint32(t.ReduceWG)}},
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{x, w, state, y},
		params:   p,
		grid:     [3]int{n, 1, 1},
		work:     numbersWork(4*dim, n, 2*dim, 4*dim),
	}
}
