package grammar

import (
	"cmp"
	"slices"
)

// A Vocabulary has a model's tokens in a tree by their bytes, so that the beginnings that
// tokens share are walked once. It is immutable and safe for concurrent use.
type Vocabulary struct {
	texts []string // by token; "": it may never come
	ends  []int32  // the tokens that end an answer
	tree  []branch // a branch, then all that grow from it
	ids   []int32  // tokens, in the order of the branches that they end at
}

// A branch is one byte behind those of the branches that it grows from.
type branch struct {
	skip  int32 // the next branch that does not grow from this one
	ids   int32 // where in ids the tokens that end here begin; those of the next branch follow
	depth int16
	byte  byte
}

// NewVocabulary makes one of the tokens' texts, which are "" of those that stand for none,
// and of the tokens that end an answer.
func NewVocabulary(texts []string, ends []int) *Vocabulary {
	v := &Vocabulary{texts: texts}
	for _, id := range ends {
		v.ends = append(v.ends, int32(id))
	}
	sorted := make([]int32, 0, len(texts))
	for id, text := range texts {
		if text != "" && !slices.Contains(ends, id) {
			sorted = append(sorted, int32(id))
		}
	}
	slices.SortStableFunc(sorted, func(a, b int32) int { return cmp.Compare(texts[a], texts[b]) })
	var open []int32 // the branches under way, by depth
	last := ""
	for _, id := range sorted {
		text := texts[id]
		shared := 0
		for shared < min(len(text), len(last)) && text[shared] == last[shared] {
			shared++
		}
		v.close(&open, shared)
		for depth := shared; depth < len(text); depth++ {
			open = append(open, int32(len(v.tree)))
			v.tree = append(v.tree, branch{ids: int32(len(v.ids)), depth: int16(depth), byte: text[depth]})
		}
		v.ids = append(v.ids, id)
		last = text
	}
	v.close(&open, 0)
	return v
}

// close ends the branches of a depth and deeper.
func (v *Vocabulary) close(open *[]int32, depth int) {
	for _, b := range (*open)[min(depth, len(*open)):] {
		v.tree[b].skip = int32(len(v.tree))
	}
	*open = (*open)[:min(depth, len(*open))]
}

// words is how many words a mask has.
func (v *Vocabulary) words() int { return (len(v.texts) + 31) / 32 }

// mask finds the tokens that may follow a state: those that end the answer, where it may
// end, and those whose bytes lead somewhere.
func (v *Vocabulary) mask(m *machine, from int32) []uint32 {
	mask := make([]uint32, v.words())
	if m.states[from].ended {
		for _, id := range v.ends {
			mask[id/32] |= 1 << (id % 32)
		}
	}
	path := []int32{from} // the states on the way to a branch, by depth
	for i := 0; i < len(v.tree); {
		b := &v.tree[i]
		to := m.states[path[b.depth]].next[b.byte]
		if to == unknown {
			to = m.step(path[b.depth], b.byte)
		}
		if to == dead {
			i = int(b.skip)
			continue
		}
		path = append(path[:b.depth+1], to)
		i++
		upto := int32(len(v.ids))
		if i < len(v.tree) {
			upto = v.tree[i].ids
		}
		for _, id := range v.ids[b.ids:upto] {
			mask[id/32] |= 1 << (id % 32)
		}
	}
	return mask
}
