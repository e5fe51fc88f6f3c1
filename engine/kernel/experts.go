package kernel

import (
	"mixtab/engine/gpu"
	"mixtab/engine/quant"
)

// An ExpertMatrix is one of a layer's three expert matrices for the experts that are on
// the device. They lie in slots, in two banks: slots 0 … PerBank-1 in A, the others in B,
// Stride bytes apart. Where A holds them all, B may be any readable buffer.
type ExpertMatrix struct {
	Format     quant.Format
	Rows, Cols int
	A, B       gpu.Binding
	Slots      int
	PerBank    int
	Stride     int // bytes, a multiple of 16
}

// ExpertParams is the Params of the grouped expert matmuls.
type ExpertParams struct{ Rows, Cols, PerBank, Stride uint32 }

// SlotParams is the Params of one token's expert matmuls: Table is where the layer's slots
// lie in the state.
type SlotParams struct{ Rows, Cols, PerBank, Stride, Table uint32 }

func (m *ExpertMatrix) params() ExpertParams {
	return ExpertParams{Rows: uint32(m.Rows), Cols: uint32(m.Cols), PerBank: uint32(m.PerBank), Stride: uint32(m.Stride / 16)}
}

func (m *ExpertMatrix) slotParams(table int) SlotParams {
	p := m.params()
	return SlotParams{p.Rows, p.Cols, p.PerBank, p.Stride, uint32(table)}
}

// twoBanks says whether the slots lie in both.
func (m *ExpertMatrix) twoBanks() bool { return m.PerBank < m.Slots }

// MoEGateUp is the first half of the chosen experts of a few tokens, mostly one,
// a[t, i] = silu(W1·x[t])⊙(W3·x[t]).
//
//	x f32[n, dim], route, gate and up [slots, hidden, dim], state → a f32[n, topK, hidden]
func MoEGateUp(t Tuning, x, route gpu.Binding, gate, up ExpertMatrix, state, a gpu.Binding, table, n int, c Choice) Call {
	p := t.Decode.one()
	return Call{
		stem: "moe_gate_up", format: gate.Format, weighted: true, product: p, twoBanks: gate.twoBanks(),
		consts:   append(p.consts(gate.Format), gpu.Constant{Name: "TOP_K", Value: uint32(c.TopK)}),
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{x, route, gate.A, gate.B, up.A, up.B, state, a},
		params:   gate.slotParams(table),
		grid:     [3]int{ceilDiv(gate.Rows, p.RowSpan()), n * c.TopK, 1},
		work:     expertsWork(gate, 2, n, c),
	}
}

// MoEDown is the second half: y[t] += Σ weight·(W2·x[t]), over each token's chosen experts.
//
//	x f32[n, topK, hidden], route, down [slots, dim, hidden], state → y f32[n, dim]
func MoEDown(t Tuning, x, route gpu.Binding, down ExpertMatrix, state, y gpu.Binding, table, n int, c Choice) Call {
	p := t.Decode.one()
	return Call{
		stem: "moe_down", format: down.Format, weighted: true, product: p, twoBanks: down.twoBanks(),
		consts:   append(p.consts(down.Format), gpu.Constant{Name: "TOP_K", Value: uint32(c.TopK)}),
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{x, route, down.A, down.B, state, y},
		params:   down.slotParams(table),
		grid:     [3]int{ceilDiv(down.Rows, p.RowSpan()), n, 1},
		work:     expertsWork(down, 1, n, c),
	}
}

// maxTiles is the most tiles that a chunk of n tokens can need: every expert may end
// with one that is not full.
func maxTiles(t Tuning, n int, c Choice) int { return n*c.TopK/t.Prefill.TokenSpan() + c.Experts }

// PlanBytes is the size of the plan of a chunk of n tokens; shaders/lib/plan.wgsl has
// its layout.
func PlanBytes(t Tuning, n int, c Choice) int { return 4 * (4 + 4*maxTiles(t, n, c) + n*c.TopK) }

// maxTilesConst tells kernels the layout of the plan.
func maxTilesConst(t Tuning, n int, c Choice) gpu.Constant {
	return gpu.Constant{Name: "MAX_TILES", Value: uint32(maxTiles(t, n, c))}
}

// Words of a plan that the host reads.
const (
	PlanUsed      = 1 // a bit for each expert that the chunk uses, in two words
	PlanUsedWords = 2
)

// MoEPlanParams is moe_plan.wgsl's Params.
type MoEPlanParams struct{ Table uint32 }

// MoEPlan sorts a chunk's routes by expert, and makes tiles for those that have a slot.
//
//	route (expert u32, weight f32)[n, topK], state → plan
func MoEPlan(t Tuning, route, state, plan gpu.Binding, table, n int, c Choice) Call {
	return Call{
		stem: "moe_plan",
		consts: []gpu.Constant{{Name: "WG", Value: uint32(min(t.ReduceWG, c.Experts))}, {Name: "EXPERTS", Value: uint32(c.Experts)},
			{Name: "TOP_K", Value: uint32(c.TopK)}, {Name: "TILE", Value: uint32(t.Prefill.TokenSpan())}, maxTilesConst(t, n, c)},
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{route, state, plan},
		params:   MoEPlanParams{uint32(table)},
		work:     numbersWork(0, n, 4*c.TopK, 0),
		grid:     [3]int{1, 1, 1},
	}
}

// MoEGateUpGrouped is MoEGateUp for a chunk, by expert.
//
//	x f32[n, dim], plan, gate and up [slots, hidden, dim] → a f32[n, topK, hidden]
func MoEGateUpGrouped(t Tuning, x, plan gpu.Binding, gate, up ExpertMatrix, a gpu.Binding, n int, c Choice) Call {
	p := t.Prefill
	return Call{
		stem: "moe_gate_up_grouped", format: gate.Format, weighted: true, product: p, twoBanks: gate.twoBanks(),
		consts:   append(p.consts(gate.Format), gpu.Constant{Name: "TOP_K", Value: uint32(c.TopK)}, maxTilesConst(t, n, c)),
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{x, plan, gate.A, gate.B, up.A, up.B, a},
		params:   gate.params(),
		grid:     [3]int{ceilDiv(gate.Rows, p.RowSpan()), maxTiles(t, n, c), 1},
		work:     expertsWork(gate, 2, n, c),
	}
}

// MoEDownGrouped is MoEDown for a chunk, by expert, without the weighted sum.
//
//	x f32[n, topK, hidden], plan, down [slots, dim, hidden] → y f32[n, topK, dim]
func MoEDownGrouped(t Tuning, x, plan gpu.Binding, down ExpertMatrix, y gpu.Binding, n int, c Choice) Call {
	p := t.Prefill
	return Call{
		stem: "moe_down_grouped", format: down.Format, weighted: true, product: p, twoBanks: down.twoBanks(),
		consts:   append(p.consts(down.Format), maxTilesConst(t, n, c)),
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{x, plan, down.A, down.B, y},
		params:   down.params(),
		grid:     [3]int{ceilDiv(down.Rows, p.RowSpan()), maxTiles(t, n, c), 1},
		work:     expertsWork(down, 1, n, c),
	}
}

// MoECombineParams is moe_combine.wgsl's Params.
type MoECombineParams struct{ Dim uint32 }

// MoECombine adds the weighted outputs of each token's experts: y[t] += Σ weight·x[t, i].
//
//	x f32[n, topK, dim], route, state → y f32[n, dim]
func MoECombine(t Tuning, x, route, state, y gpu.Binding, n, dim int, c Choice) Call {
	return Call{
		stem:     "moe_combine",
		consts:   []gpu.Constant{{Name: "WG", Value: uint32(t.RowWG)}, {Name: "TOP_K", Value: uint32(c.TopK)}},
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite},
		bindings: []gpu.Binding{x, route, state, y},
		params:   MoECombineParams{Dim: uint32(dim)},
		work:     numbersWork(0, n, dim*(2+c.TopK), 2*dim*c.TopK),
		grid:     [3]int{ceilDiv(dim, t.RowWG), n, 1},
	}
}
