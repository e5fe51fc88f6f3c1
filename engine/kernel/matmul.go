package kernel

import (
	"mixtab/engine/gpu"
	"mixtab/engine/quant"
)

// MatmulParams is matmul.wgsl's Params.
type MatmulParams struct{ Rows, Cols, YStride, YOffset, MaxTokens, Add uint32 }

// Matmul multiplies a weight matrix with the pass's first n tokens,
// y[t, yOffset+r] = W[r]·x[t]; with accumulate it adds that to y.
//
//	x f32[n, cols], state, w format[rows, cols] → y f32[n, yStride]
func Matmul(t Tuning, format quant.Format, x, state, w, y gpu.Binding, n, rows, cols, yStride, yOffset int, accumulate bool) Call {
	p := t.product(n)
	add := uint32(0)
	if accumulate {
		add = 1
	}
	return Call{
		stem: "matmul", format: format, weighted: true, product: p,
		consts:   p.consts(format),
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{x, state, w, y},
		params: MatmulParams{Rows: uint32(rows), Cols: uint32(cols),
			YStride: uint32(yStride), YOffset: uint32(yOffset), MaxTokens: uint32(n), Add: add},
		grid: [3]int{ceilDiv(rows, p.RowSpan()), ceilDiv(n, p.TokenSpan()), 1},
		work: rowsWork(format, rows, cols, n, float64(1+add)),
	}
}
