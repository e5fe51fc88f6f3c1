package kernel

import (
	"mixtab/engine/gpu"
	"mixtab/engine/quant"
)

// EmbedParams is embed.wgsl's Params.
type EmbedParams struct{ Dim, Rows, Row0 uint32 }

// Embed looks tokens up in the rows row0 … row0+rows of the embedding table.
//
//	tokens u32[n], state, w format[rows, dim] → x f32[n, dim]
func Embed(t Tuning, format quant.Format, tokens, state, w, x gpu.Binding, n, dim, rows, row0 int) Call {
	return Call{
		stem: "embed", format: format, weighted: true,
		consts:   []gpu.Constant{{Name: "WG", Value: uint32(t.RowWG)}, quads(format)},
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{tokens, state, w, x},
		params:   EmbedParams{Dim: uint32(dim), Rows: uint32(rows), Row0: uint32(row0)},
		grid:     [3]int{ceilDiv(dim/4/int(quads(format).Value), t.RowWG), n, 1},
		work:     numbersWork(0, n, format.Bytes(1, dim)/4+dim, 0),
	}
}
