package weights

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"mixtab/engine/quant"
)

// Sizes that shape a pack.
const (
	minShard = 16 << 20 // small tensors share a shard until it has this many bytes
	maxPart  = 64 << 20 // larger tensors are split by rows
	rowStep  = 32       // a part but the last has a multiple of these
)

// HeadFormat is what embed and lm_head are stored in where nobody asks otherwise. At 4
// bits they would cost more quality than the 0.1 GB they save.
func HeadFormat(f quant.Format) quant.Format {
	if f == quant.Q4 {
		return quant.Q8
	}
	return f
}

func checkFormats(format, head quant.Format) error {
	switch {
	case !slices.Contains(quant.Formats, format):
		return fmt.Errorf("unknown weight format %v", format)
	case !slices.Contains(quant.Formats, head) || head == quant.Q4:
		return fmt.Errorf("embedding and lm_head cannot be %v; supported are f32, f16 and q8", head)
	}
	return nil
}

// tensorsOf yields the tensors of a model in model order, without parts.
func tensorsOf(c Config, format, head quant.Format) iter.Seq[Tensor] {
	return func(yield func(Tensor) bool) {
		ok := true
		emit := func(name string, f quant.Format, shape ...int) {
			ok = ok && yield(Tensor{Name: name, Shape: shape, Format: f})
		}
		emit(Embed, head, c.VocabSize, c.Dim)
		for l := 0; l < c.NLayers && ok; l++ {
			emit(Layer(l, AttnNorm), quant.F32, c.Dim)
			emit(Layer(l, QKV), format, c.QKVRows(), c.Dim)
			emit(Layer(l, Output), format, c.Dim, c.NHeads*c.HeadDim)
			emit(Layer(l, FFNNorm), quant.F32, c.Dim)
			emit(Layer(l, Router), quant.F32, c.NExperts, c.Dim)
			for e := 0; e < c.NExperts && ok; e++ {
				emit(Expert(l, e, Gate), format, c.HiddenDim, c.Dim)
				emit(Expert(l, e, Up), format, c.HiddenDim, c.Dim)
				emit(Expert(l, e, Down), format, c.Dim, c.HiddenDim)
			}
		}
		emit(Norm, quant.F32, c.Dim)
		emit(LMHead, head, c.VocabSize, c.Dim)
	}
}

// A Plan says which bytes of which shard are which rows of which tensor, before any of
// them exist. It depends on nothing but the config and the formats.
type Plan struct {
	Config     Config
	Format     quant.Format
	HeadFormat quant.Format
	Tensors    []Tensor // their parts' shards have no names yet
	Shards     []PlannedShard
}

// A PlannedShard is a shard's size and contents.
type PlannedShard struct {
	Bytes int64
	Parts []PartRef // by offset
}

// A PartRef is a part of a plan: Tensors[Tensor].Parts[Part].
type PartRef struct{ Tensor, Part int }

// NewPlan lays a model out in shards of 16 to 64 MiB. A part of at least 16 MiB is a
// shard alone, so an expert's matrix at the real size is loaded and verified as one;
// what is smaller is collected in model order, experts apart from what is always
// resident.
func NewPlan(c Config, format, head quant.Format) (*Plan, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := checkFormats(format, head); err != nil {
		return nil, err
	}
	p := &Plan{Config: c, Format: format, HeadFormat: head}
	open := map[bool]int{} // by resident or expert: the shard that collects, 1 + its index
	for t := range tensorsOf(c, format, head) {
		ti := len(p.Tensors)
		for row, rows := range split(&t) {
			n := int64(t.Format.Bytes(rows, t.Cols()))
			expert := IsExpert(t.Name)
			s := open[expert] - 1
			switch {
			case n >= minShard:
				s = p.addShard()
			case s < 0:
				s = p.addShard()
				open[expert] = s + 1
			}
			shard := &p.Shards[s]
			offset := (shard.Bytes + Alignment - 1) &^ (Alignment - 1)
			shard.Bytes = offset + n
			shard.Parts = append(shard.Parts, PartRef{ti, len(t.Parts)})
			t.Parts = append(t.Parts, Part{Offset: offset, Length: n, Row0: row, Rows: rows})
			if s == open[expert]-1 && shard.Bytes >= minShard {
				open[expert] = 0
			}
		}
		p.Tensors = append(p.Tensors, t)
	}
	return p, nil
}

func (p *Plan) addShard() int {
	p.Shards = append(p.Shards, PlannedShard{})
	return len(p.Shards) - 1
}

// split yields the first row and the number of rows of each part: as few parts as
// there can be, of about equal size.
func split(t *Tensor) iter.Seq2[int, int] {
	rows := t.Rows()
	step := rows
	if t.Format.Bytes(rows, t.Cols()) > maxPart {
		most := max(1, maxPart/t.Format.Bytes(rowStep, t.Cols())) * rowStep
		parts := (rows + most - 1) / most
		step = (rows + parts*rowStep - 1) / (parts * rowStep) * rowStep
	}
	return func(yield func(int, int) bool) {
		for row := 0; row < rows && yield(row, min(step, rows-row)); row += step {
		}
	}
}

// IsExpert reports whether a tensor belongs to an expert.
func IsExpert(name string) bool { return strings.Contains(name, ".experts.") }

// Bytes is the size of all shards.
func (p *Plan) Bytes() int64 {
	var n int64
	for _, s := range p.Shards {
		n += s.Bytes
	}
	return n
}

// Manifest is the plan with the shards' names, in the plan's order. Shards of equal
// bytes are listed once.
func (p *Plan) Manifest(names []string) *Manifest {
	if len(names) != len(p.Shards) {
		panic(fmt.Sprintf("weights: %d names for %d shards", len(names), len(p.Shards)))
	}
	m := &Manifest{
		Version: Version, Config: p.Config, Format: p.Format, HeadFormat: p.HeadFormat,
		Template: TemplateMixtral, Tokenizer: Tokenizer{Kind: KindNone},
	}
	for _, t := range p.Tensors {
		t.Parts = append([]Part(nil), t.Parts...)
		m.Tensors = append(m.Tensors, t)
	}
	seen := map[string]bool{}
	for i, s := range p.Shards {
		for _, ref := range s.Parts {
			m.Tensors[ref.Tensor].Parts[ref.Part].Shard = names[i]
		}
		if !seen[names[i]] {
			seen[names[i]] = true
			m.Shards = append(m.Shards, Shard{SHA256: names[i], Bytes: s.Bytes})
		}
	}
	return m
}
