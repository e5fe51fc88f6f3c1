package tokenizer

import "math/bits"

// noRank is the rank of a pair that does not merge.
const noRank = ^uint32(0)

// pairTable maps a pair of adjacent symbols to what it merges into. It is read
// once or twice for every character of input, so it is an open-addressing hash
// table over one flat slice: one cache miss a lookup, at most half full.
// Mixtral's 58,980 pairs take 2 MiB.
type pairTable struct {
	slots []pairSlot // a power of two
	shift uint8      // 64 - log2(len(slots))
}

type pairSlot struct {
	key  uint64 // pairKey, 0 for a free slot
	rank uint32
	id   int32
}

// newPairTable builds the table; of merges of the same pair the last one holds.
func newPairTable(merges []merge) pairTable {
	logSize := bits.Len(uint(2 * len(merges)))
	p := pairTable{
		slots: make([]pairSlot, 1<<logSize),
		shift: uint8(64 - logSize),
	}
	for _, m := range merges {
		p.slots[p.find(pairKey(m.left, m.right))] = pairSlot{pairKey(m.left, m.right), m.rank, m.id}
	}
	return p
}

// lookup returns the rank of a pair and the symbol that it merges into, or
// noRank.
func (p *pairTable) lookup(left, right int32) (rank uint32, id int32) {
	key := pairKey(left, right)
	if slot := &p.slots[p.find(key)]; slot.key == key {
		return slot.rank, slot.id
	}
	return noRank, 0
}

// find returns the slot that holds key or would hold it. The table always has
// a free slot, so the search ends.
func (p *pairTable) find(key uint64) uint64 {
	mask := uint64(len(p.slots) - 1)
	i := key * 0x9E3779B97F4A7C15 >> p.shift // Fibonacci hashing
	for p.slots[i].key != key && p.slots[i].key != 0 {
		i = (i + 1) & mask
	}
	return i
}

// pairKey is never 0, since symbols are below 1<<31.
func pairKey(left, right int32) uint64 {
	return uint64(left)<<32 | uint64(right) + 1
}
