package tokenizer

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// naiveMerge is BPE by the book, for any length.
func naiveMerge(p *pairTable, word []int32) []int32 {
	for {
		best, bestRank, bestID := -1, noRank, int32(0)
		for i := range len(word) - 1 {
			if rank, id := p.lookup(word[i], word[i+1]); rank < bestRank {
				best, bestRank, bestID = i, rank, id
			}
		}
		if best < 0 {
			return word
		}
		word[best] = bestID
		word = slices.Delete(word, best+1, best+2)
	}
}

// TestMergeAgainstNaive compares both merge algorithms with the definition, on
// random merge tables with many ties and on both sides of shortWord.
func TestMergeAgainstNaive(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var long longMerge
	merged := 0
	for range 3000 {
		alphabet := 2 + rng.Int32N(4)
		symbols := alphabet
		var merges []merge
		for range rng.IntN(30) {
			merges = append(merges, merge{rng.Int32N(symbols), rng.Int32N(symbols), rng.Uint32N(6), symbols})
			symbols++
		}
		p := newPairTable(merges)
		word := make([]int32, rng.IntN(2*shortWord))
		for i := range word {
			word[i] = rng.Int32N(alphabet)
		}
		want := naiveMerge(&p, slices.Clone(word))
		merged += len(word) - len(want)
		if got := p.mergeLong(slices.Clone(word), &long); !slices.Equal(got, want) {
			t.Fatalf("mergeLong(%v) with %v: got %v, want %v", word, merges, got, want)
		}
		if len(word) > shortWord {
			continue
		}
		if got := p.mergeShort(slices.Clone(word)); !slices.Equal(got, want) {
			t.Fatalf("mergeShort(%v) with %v: got %v, want %v", word, merges, got, want)
		}
	}
	if merged < 10000 {
		t.Errorf("only %d merges were tried", merged)
	}
}

func TestPairTable(t *testing.T) {
	var merges []merge
	for i := range int32(5000) {
		merges = append(merges, merge{i % 71, i / 71, uint32(i), i + 1})
	}
	p := newPairTable(merges)
	for _, m := range merges {
		if rank, id := p.lookup(m.left, m.right); rank != m.rank || id != m.id {
			t.Errorf("lookup(%d, %d): got %d, %d, want %d, %d", m.left, m.right, rank, id, m.rank, m.id)
		}
	}
	for _, absent := range [][2]int32{{71, 0}, {0, 71}, {0, 1<<31 - 1}, {1<<31 - 1, 1<<31 - 1}} {
		if rank, _ := p.lookup(absent[0], absent[1]); rank != noRank {
			t.Errorf("lookup(%v): got rank %d, want none", absent, rank)
		}
	}
	empty := newPairTable(nil)
	if rank, _ := empty.lookup(0, 0); rank != noRank {
		t.Errorf("empty table: got rank %d, want none", rank)
	}
}
