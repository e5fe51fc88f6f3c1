package main

import (
	"fmt"
	"math"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/quant"
)

// Mixtral-8x7B.
const (
	dim    = 4096
	hidden = 14336
	vocab  = 32000
	eps    = 1e-5
)

var choice = kernel.Choice{Experts: 8, TopK: 2}

// A shape is a kernel at one place of the model.
type shape struct {
	stem   string
	name   string
	pos, n int // of the pass
	build  func(m *maker) setup
}

// A setup says what to dispatch with a tuning. before is run once, to make inputs; the
// results in out are the same with every tuning, up to rounding.
type setup struct {
	before func(kernel.Tuning) []kernel.Call
	timed  func(kernel.Tuning) []kernel.Call
	out    gpu.Binding // f32; none where results are no numbers, which kerneltest compares
}

// prefill is the tokens of a prefill's shapes.
const prefill = 128

var shapes = []shape{
	{"copy", "64 MB", 0, 1, func(m *maker) setup {
		x, y := m.floats(16<<20/4), m.zeros(16<<20)
		return setup{timed: one(func(t kernel.Tuning) kernel.Call { return kernel.Copy(t, x, y, 16<<20) }), out: y}
	}},
	{"fma", "262,144 numbers", 0, 1, func(m *maker) setup {
		n := m.rows(1 << 18)
		x, y := m.floats(n), m.zeros(n)
		return setup{timed: one(func(t kernel.Tuning) kernel.Call { return kernel.FMA(t, x, y, n, 0.5, 1) }), out: y}
	}},
	{"rmsnorm", "1 token", 0, 1, rmsnorm(1)},
	{"rmsnorm", "128 tokens", 0, prefill, rmsnorm(prefill)},
	{"matmul", "1 token, attention's output", 0, 1, matmul(quant.Q4, 1, dim, dim, true)},
	{"matmul", "1 token, head", 0, 1, matmul(quant.Q8, 1, vocab/4, dim, false)},
	{"matmul", "128 tokens, attention's output", 0, prefill, matmul(quant.Q4, prefill, dim, dim, true)},
	{"qkv", "1 token", 0, 1, qkv(1)},
	{"qkv", "128 tokens", 0, prefill, qkv(prefill)},
	{"attention", "1 token behind 2047, f32 cache", 2047, 1, attention(kernel.KVF32, 2047, 1)},
	{"attention", "1 token behind 2047, f16 cache", 2047, 1, attention(kernel.KVF16, 2047, 1)},
	{"attention", "1 token behind 2047, q8 cache", 2047, 1, attention(kernel.KVQ8, 2047, 1)},
	{"attention", "128 tokens behind 384, f16 cache", 384, prefill, attention(kernel.KVF16, 384, prefill)},
	{"router", "1 token", 0, 1, router(1)},
	{"router", "128 tokens", 0, prefill, router(prefill)},
	{"moe_gate_up", "1 token, 2 experts", 0, 1, func(m *maker) setup {
		rows := m.rows(hidden)
		x, route, state, a := m.floats(dim), m.routes(1), m.state(0, 1), m.zeros(choice.TopK*rows)
		gate, up := m.slots(choice.TopK, rows, dim), m.slots(choice.TopK, rows, dim)
		return setup{out: a, timed: one(func(t kernel.Tuning) kernel.Call {
			return kernel.MoEGateUp(t, x, route, gate, up, state, a, table, 1, choice)
		})}
	}},
	{"moe_down", "1 token, 2 experts", 0, 1, func(m *maker) setup {
		rows := m.rows(dim)
		x, route, state, y := m.floats(choice.TopK*hidden), m.routes(1), m.state(0, 1), m.zeros(rows)
		down := m.slots(choice.TopK, rows, hidden)
		return setup{out: y, timed: one(func(t kernel.Tuning) kernel.Call {
			return kernel.MoEDown(t, x, route, down, state, y, table, 1, choice)
		})}
	}},
	{"moe_plan", "128 tokens", 0, prefill, func(m *maker) setup {
		p := m.planner(prefill)
		return setup{timed: p.calls}
	}},
	{"moe_gate_up_grouped", "128 tokens, 8 experts", 0, prefill, func(m *maker) setup {
		rows := m.rows(hidden)
		p, x, a := m.planner(prefill), m.floats(prefill*dim), m.zeros(prefill*choice.TopK*rows)
		gate, up := m.slots(choice.Experts, rows, dim), m.slots(choice.Experts, rows, dim)
		return setup{before: p.calls, out: a, timed: one(func(t kernel.Tuning) kernel.Call {
			return kernel.MoEGateUpGrouped(t, x, p.plan(t), gate, up, a, prefill, choice)
		})}
	}},
	{"moe_down_grouped", "128 tokens, 8 experts", 0, prefill, func(m *maker) setup {
		rows := m.rows(dim)
		p, x, y := m.planner(prefill), m.floats(prefill*choice.TopK*hidden), m.zeros(prefill*choice.TopK*rows)
		down := m.slots(choice.Experts, rows, hidden)
		return setup{before: p.calls, out: y, timed: one(func(t kernel.Tuning) kernel.Call {
			return kernel.MoEDownGrouped(t, x, p.plan(t), down, y, prefill, choice)
		})}
	}},
	{"moe_combine", "128 tokens", 0, prefill, func(m *maker) setup {
		x, route, state, y := m.floats(prefill*choice.TopK*dim), m.routes(prefill), m.state(0, prefill), m.zeros(prefill*dim)
		return setup{out: y, timed: one(func(t kernel.Tuning) kernel.Call {
			return kernel.MoECombine(t, x, route, state, y, prefill, dim, choice)
		})}
	}},
	{"sample", "greedy", 0, 1, sample(0, 0)},
	{"sample", "top-k 40, top-p 0.9", 0, 1, sample(40, 0.9)},
	{"embed", "1 token", 0, 1, func(m *maker) setup {
		rows := m.rows(vocab / 4)
		tokens, state, x := m.words(7, 0), m.state(0, 1), m.zeros(dim)
		w := m.weights(quant.Q8, rows, dim)
		return setup{out: x, timed: one(func(t kernel.Tuning) kernel.Call {
			return kernel.Embed(t, quant.Q8, tokens, state, w, x, 1, dim, rows, 0)
		})}
	}},
}

// table is where the slots of the one layer lie in the state.
var table = kernel.StateLayout{Layers: 1, Choice: choice}.Table(0)

func one(call func(kernel.Tuning) kernel.Call) func(kernel.Tuning) []kernel.Call {
	return func(t kernel.Tuning) []kernel.Call { return []kernel.Call{call(t)} }
}

func rmsnorm(n int) func(*maker) setup {
	return func(m *maker) setup {
		x, w, state, y := m.floats(n*dim), m.floats(dim), m.state(0, n), m.zeros(n*dim)
		return setup{out: y, timed: one(func(t kernel.Tuning) kernel.Call {
			return kernel.RMSNorm(t, x, w, state, y, n, dim, eps, false)
		})}
	}
}

func matmul(f quant.Format, n, rows, cols int, accumulate bool) func(*maker) setup {
	return func(m *maker) setup {
		rows := m.rows(rows)
		x, state, w, y := m.floats(n*cols), m.state(0, n), m.weights(f, rows, cols), m.zeros(n*rows)
		return setup{out: y, timed: one(func(t kernel.Tuning) kernel.Call {
			return kernel.Matmul(t, f, x, state, w, y, n, rows, cols, rows, 0, accumulate)
		})}
	}
}

func qkv(n int) func(*maker) setup {
	return func(m *maker) setup {
		h := m.heads()
		rows := (h.NHeads + 2*h.NKVHeads) * h.HeadDim
		x, state, w, q := m.floats(n*dim), m.state(0, n), m.weights(quant.Q4, rows, dim), m.zeros(n*h.NHeads*h.HeadDim)
		rope := m.words(bits(kernel.RopeTable(n, h.HeadDim, 1e6))...)
		k, v := m.zeros(n*h.NKVHeads*h.HeadDim), m.zeros(n*h.NKVHeads*h.HeadDim)
		return setup{out: q, timed: one(func(t kernel.Tuning) kernel.Call {
			return kernel.QKV(t, quant.Q4, kernel.KVF32, x, state, w, rope, q, k, v, n, dim, h)
		})}
	}
}

func attention(f kernel.KVFormat, pos, n int) func(*maker) setup {
	return func(m *maker) setup {
		h := m.heads()
		q, state, y := m.floats(n*h.NHeads*h.HeadDim), m.state(pos, n), m.zeros(n*h.NHeads*h.HeadDim)
		kv := m.cache(f, pos+n, h)
		parts := 256
		for _, v := range kernel.AttentionVariants {
			parts = max(parts, kernel.AttentionPartBytes(kernel.Tuning{Attention: v}, n, kv.Context, h))
		}
		room := m.buffer(parts)
		return setup{out: y, timed: func(t kernel.Tuning) []kernel.Call { return kernel.Attention(t, q, kv, state, room, y, n, h) }}
	}
}

func sample(topK uint32, topP float32) func(*maker) setup {
	return func(m *maker) setup {
		const ring = 64
		sampling := make([]uint32, kernel.SamplingWords)
		if topK > 0 {
			sampling[kernel.SamplingTemperature] = math.Float32bits(1)
		}
		sampling[kernel.SamplingTopK], sampling[kernel.SamplingTopP] = topK, math.Float32bits(topP)
		logits, params, counts := m.floats(vocab), m.words(sampling...), m.zeros(vocab)
		tokens, state, out := m.zeros(1), m.state(0, 1), m.zeros(ring)
		return setup{timed: one(func(t kernel.Tuning) kernel.Call {
			return kernel.Sample(t, logits, params, counts, tokens, state, out, vocab, ring)
		})}
	}
}

func router(n int) func(*maker) setup {
	return func(m *maker) setup {
		x, w, gate, state := m.floats(n*dim), m.floats(dim), m.floats(choice.Experts*dim), m.state(0, n)
		h, route := m.zeros(n*dim), m.buffer(choice.RouteBytes(n))
		return setup{out: h, timed: one(func(t kernel.Tuning) kernel.Call {
			return kernel.Router(t, x, w, gate, state, h, route, n, dim, eps, choice, kernel.RouterSlots{Table: table})
		})}
	}
}

// A planner sorts a chunk's routes, for each size of tile into a plan of its own.
type planner struct {
	m            *maker
	n            int
	route, state gpu.Binding
	plans        map[int]gpu.Binding // by tile
}

func (m *maker) planner(n int) *planner {
	return &planner{m, n, m.routes(n), m.state(0, n), map[int]gpu.Binding{}}
}

func (p *planner) plan(t kernel.Tuning) gpu.Binding {
	tile := t.Prefill.TokenSpan()
	if _, ok := p.plans[tile]; !ok {
		p.plans[tile] = p.m.buffer(kernel.PlanBytes(t, p.n, choice))
	}
	return p.plans[tile]
}

func (p *planner) calls(t kernel.Tuning) []kernel.Call {
	return []kernel.Call{kernel.MoEPlan(t, p.route, p.state, p.plan(t), table, p.n, choice)}
}

func shapesOf(stem string) []shape {
	var found []shape
	for _, s := range shapes {
		if s.stem == stem {
			found = append(found, s)
		}
	}
	return found
}

// names are what -kernel takes.
func names() []string {
	all := []string{dispatch}
	for _, s := range shapes {
		if s.stem != all[len(all)-1] {
			all = append(all, s.stem)
		}
	}
	return all
}

func (s shape) String() string { return fmt.Sprintf("%s, %s", s.stem, s.name) }
