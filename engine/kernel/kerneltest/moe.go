package kerneltest

import (
	"math"
	"slices"
	"testing"

	"mixtab/engine/kernel"
	"mixtab/engine/quant"
)

// An expertCase is a shape of the expert kernels' trials.
type expertCase struct {
	tuning     kernel.Tuning
	format     quant.Format
	rows, cols int
	choice     kernel.Choice
	perBank    int
	capacity   int // tokens that the op is made for
	n          int // tokens of the pass
}

// expertCases runs do over formats, shapes, choices, variants and both layouts of banks.
func expertCases(t *testing.T, s *suite, do func(*trial, expertCase)) {
	span := s.tuning.Prefill.RowSpan()
	capacity := 2*s.tuning.Prefill.TokenSpan() + 3
	choices := []kernel.Choice{{Experts: 4, TopK: 1}, {Experts: 8, TopK: 3}, {Experts: 16, TopK: 3}, {Experts: 8, TopK: 2}}
	cols := []int{96, 32, 160, 64}
	for i, f := range quant.Formats {
		choice := choices[i] // one a format: a grouped kernel takes seconds to compile on lavapipe
		for j, rows := range around(span) {
			e := expertCase{s.tuning, f, rows, cols[j%len(cols)], choice, choice.Experts, capacity, capacity - j}
			if j%2 == 1 {
				e.perBank /= 2
			}
			s.try(t, name("%v/rows=%d/cols=%d/%d of %d/bank=%d", f, rows, e.cols, choice.TopK, choice.Experts, e.perBank),
				func(c *trial) { do(c, e) })
		}
		for _, v := range s.variantsOf(f) {
			e := expertCase{v, f, 97, 96, kernel.Choice{Experts: 8, TopK: 2}, 4, 7, 7}
			s.try(t, name("%v/%v/%v", f, v.Decode, v.Prefill), func(c *trial) {
				c.loose = max(looseness(v.Decode, f), looseness(v.Prefill, f))
				do(c, e)
			})
		}
	}
	for _, n := range []int{0, 1, 2} {
		e := expertCase{s.tuning, quant.Q4, 40, 96, choices[3], 4, capacity, n}
		s.try(t, name("q4/n=%d", n), func(c *trial) { do(c, e) })
	}
}

// slotOf is the slot that an expert of a trial lies in: never that of its own number,
// unless it is alone.
func slotOf(expert int, c kernel.Choice) int { return (expert + 1) % c.Experts }

// slots is the state of a pass of n tokens, with a slot table, and where the table lies.
// Experts that are absent have no slot.
func (c *trial) slots(n int, choice kernel.Choice, absent ...int) (state *output, table int) {
	c.Helper()
	layout := kernel.StateLayout{Layers: 3, Choice: choice}
	words := make([]uint32, layout.Words())
	for i := range words {
		words[i] = 0x7fc00000 // also other layers' slots
	}
	copy(words, []uint32{4, uint32(n), 11, 0, 0})
	table = layout.Table(1)
	for e := range choice.Experts {
		words[table+e] = uint32(slotOf(e, choice))
		if slices.Contains(absent, e) {
			words[table+e] = kernel.NoSlot
		}
	}
	return c.outputOf(words), table
}

// experts makes one matrix for every expert, in its slot. Between slots lie NaNs.
func (c *trial) experts(e expertCase) (kernel.ExpertMatrix, []dense) {
	c.Helper()
	m := kernel.ExpertMatrix{Format: e.format, Rows: e.rows, Cols: e.cols, Slots: e.choice.Experts, PerBank: e.perBank}
	var banks [2][]uint32
	all := make([]dense, e.choice.Experts)
	for slot := range e.choice.Experts {
		bytes, d := c.encoded(e.format, e.rows, e.cols)
		m.Stride = len(bytes) + 32
		bank := &banks[slot/e.perBank]
		*bank = append(*bank, asWords(bytes)...)
		*bank = append(*bank, slices.Repeat([]uint32{math.MaxUint32}, 8)...)
		all[(slot+e.choice.Experts-1)%e.choice.Experts] = d
	}
	m.A = c.words(banks[0]...)
	m.B = m.A
	if len(banks[1]) > 0 {
		m.B = c.words(banks[1]...)
	}
	return m, all
}

// mixtralExperts makes two matrices of a real size, one to a bank: expert 0's is the second.
func (c *trial) mixtralExperts(rows, cols int) (kernel.ExpertMatrix, []large) {
	c.Helper()
	a, b := c.largeQ4(rows, cols, 3), c.largeQ4(rows, cols, 4)
	return kernel.ExpertMatrix{Format: quant.Q4, Rows: rows, Cols: cols, A: a.binding, B: b.binding,
		Slots: 2, PerBank: 1, Stride: len(a.bytes)}, []large{b, a}
}

var twoExperts = kernel.Choice{Experts: 2, TopK: 2}

const mixtralDim, mixtralHidden = 4096, 14336

// swiglu is silu(g·x)·(u·x) and its tolerance.
func swiglu(gate, up, x []float32) (v, tol float64) {
	g, gTol := product(gate, x)
	u, uTol := product(up, x)
	v = silu(g) * u
	// silu's slope is at most 1.1; exp is off by some ulps and by its argument's rounding.
	return v, 1.1*gTol*math.Abs(u) + math.Abs(silu(g))*uTol + (4e-6+5e-7*math.Abs(g))*math.Abs(v)
}

// planOf is the plan of some routes. Experts that are absent have no tiles.
func planOf(t kernel.Tuning, capacity int, c kernel.Choice, routes []route, absent ...int) []uint32 {
	plan := make([]uint32, kernel.PlanBytes(t, capacity, c)/4)
	order := plan[len(plan)-capacity*c.TopK:]
	entries := make([]int, len(routes))
	for i := range entries {
		entries[i] = i
	}
	slices.SortStableFunc(entries, func(a, b int) int { return routes[a].expert - routes[b].expert })
	for place, entry := range entries {
		order[place] = uint32(entry)
	}
	tiles := 0
	for first := 0; first < len(entries); {
		expert, count := routes[entries[first]].expert, 1
		for count < t.Prefill.TokenSpan() && first+count < len(entries) && routes[entries[first+count]].expert == expert {
			count++
		}
		plan[1+expert/32] |= 1 << (expert % 32)
		if !slices.Contains(absent, expert) {
			copy(plan[4+4*tiles:], []uint32{uint32(slotOf(expert, c)), uint32(first), uint32(count)})
			tiles++
		}
		first += count
	}
	plan[0] = uint32(tiles)
	return plan
}
