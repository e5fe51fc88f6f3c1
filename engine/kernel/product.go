package kernel

import (
	"fmt"
	"slices"
	"strings"

	"mixtab/engine/gpu"
	"mixtab/engine/quant"
)

// A Product is one way to multiply rows of weights with activations, a variant of every
// kernel that does: how threads share the work, in which arithmetic, and in what sizes.
type Product struct {
	Sharing    Sharing
	Arithmetic Arithmetic
	WG         int // threads of a workgroup
	Team       int // threads that share a block; of Tiled, that have the same rows; else 1
	Rows       int // rows of a block; even, as RoPE rotates pairs
	Tile       int // activation vectors of a block in prefill; when decoding it is 1
}

// Sharing says how the threads of a workgroup share its rows and activations; shaders/lib
// has a file team_… or dot_… for each.
type Sharing string

const (
	Thread   Sharing = "thread"   // each has rows of its own: no barriers, for CPU adapters
	Shared   Sharing = "shared"   // a team sums in workgroup memory
	Subgroup Sharing = "subgroup" // a team is a subgroup
	Lanes    Sharing = "lanes"    // each has rows of its own, and a subgroup the activations
	Tiled    Sharing = "tiled"    // a workgroup has a tile of rows and tokens in its memory; for prefill
)

// Arithmetic is what products are computed in; sums are f32. The others than F32 are for
// q8 and q4 weights, and less exact: they round the activations.
type Arithmetic string

const (
	F32  Arithmetic = "f32"
	F16  Arithmetic = "f16"  // activations to 11 bits
	Int8 Arithmetic = "int8" // activations to 8 bits, with one scale for those of 16 bytes of weights
)

// Arithmetics are all of them, the most exact first.
var Arithmetics = []Arithmetic{F32, F16, Int8}

// UnmarshalText reads a name, for flags.
func (a *Arithmetic) UnmarshalText(text []byte) error {
	if !slices.Contains(Arithmetics, Arithmetic(text)) {
		return fmt.Errorf("no arithmetic is called %q; f32, f16 and int8 are", text)
	}
	*a = Arithmetic(text)
	return nil
}

// MarshalText is the name.
func (a Arithmetic) MarshalText() ([]byte, error) { return []byte(a), nil }

func (p Product) String() string {
	return fmt.Sprintf("%s %s wg=%d team=%d rows=%d tile=%d", p.Sharing, p.Arithmetic, p.WG, p.Team, p.Rows, p.Tile)
}

// one is the product for decoding, where a block has one vector.
func (p Product) one() Product {
	p.Tile = 1
	return p
}

// Alone says that a thread sums its rows by itself, in the order of the columns.
func (p Product) Alone() bool { return p.Sharing == Thread || p.Sharing == Lanes }

// RowSpan is the number of rows that a workgroup does.
func (p Product) RowSpan() int { return p.WG / p.Team * p.Rows }

// TokenSpan is the number of activation vectors that a workgroup does.
func (p Product) TokenSpan() int {
	if p.Sharing == Tiled {
		return p.Team * p.Tile
	}
	return p.Tile
}

// arithmetic is what weights of a format are multiplied in.
func (p Product) arithmetic(f quant.Format) Arithmetic {
	if f == quant.Q4 || f == quant.Q8 {
		return p.Arithmetic
	}
	return F32
}

// consts are what kernels that multiply weights of a format are compiled with.
func (p Product) consts(f quant.Format) []gpu.Constant {
	c := []gpu.Constant{
		{Name: "WG", Value: uint32(p.WG)}, {Name: "TEAM", Value: uint32(p.Team)}, {Name: "ROWS", Value: uint32(p.Rows)},
		{Name: "TILE", Value: uint32(p.Tile)}, {Name: "TOKENS", Value: uint32(p.TokenSpan())}, quads(f)}
	if p.Sharing == Lanes {
		c = append(c, gpu.Constant{Name: "SHARE", Value: (quads(f).Value + uint32(p.WG) - 1) / uint32(p.WG)})
	}
	if p.arithmetic(f) == Int8 {
		c = append(c, gpu.Constant{Name: "BYTE_PAIRS", Value: quads(f).Value / 2})
	}
	return c
}

// quads is how many columns, in fours, 16 bytes of a format's weights hold.
func quads(f quant.Format) gpu.Constant {
	return gpu.Constant{Name: "QUADS", Value: map[quant.Format]uint32{quant.F32: 1, quant.F16: 2, quant.Q8: 4, quant.Q4: 8}[f]}
}

// aliases name the files of shaders/lib that the product's kernels import.
func (p Product) aliases(f quant.Format, twoBanks bool) map[string]string {
	a := p.arithmetic(f)
	names := map[string]string{"TEAM": "team_" + string(p.Sharing), "DOT": "dot_" + string(a), "WEIGHTS": f.String(), "BANKS": "one_bank"}
	if a != F32 {
		names["WEIGHTS"] += "_" + string(a)
	}
	if twoBanks {
		names["BANKS"] = "two_banks"
	}
	switch p.Sharing {
	case Lanes:
		names["TEAM"], names["DOT"] = "team_thread", "dot_lanes"
	case Tiled:
		names["DOT"] = "dot_tiled"
	}
	return names
}

// label names the variant in a pipeline's label.
func (p Product) label(f quant.Format, twoBanks bool) string {
	words := []string{string(p.Sharing)}
	if a := p.arithmetic(f); a != F32 {
		words = append(words, string(a))
	}
	if twoBanks {
		words = append(words, "two_banks")
	}
	return strings.Join(words, " ")
}
