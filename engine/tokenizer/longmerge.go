package tokenizer

import "slices"

// longMerge is the working memory of mergeLong: 6 bytes a symbol and 8 a queued
// pair, of which there is at most one for every two symbols at the start.
type longMerge struct {
	pairs *pairTable
	word  []int32 // [n]: the symbol that starts at i
	// spans[i] is the number of original symbols in the one that starts or
	// ends at i, so that both neighbours are found without a linked list.
	spans []uint16
	ranks []uint32 // [n]: rank of the symbol at i with its right neighbour; noRank once merged away
	queue mergeQueue
}

// mergeLong is mergeShort for any length, in O(n log n). It keeps a priority
// queue of the pairs that come before both their neighbours: the next pair to
// merge is always among them, and a run of one letter queues only one pair
// instead of all. A queued pair that has changed is recognised by its rank. (If
// the changed pair has the same rank by chance, the entry is as good as its
// own.)
func (p *pairTable) mergeLong(word []int32, m *longMerge) []int32 {
	m.init(p, word)
	for len(m.queue) > 0 {
		rank, left := m.queue.pop()
		if m.ranks[left] == rank {
			m.merge(int(left))
		}
	}
	merged := word[:0] // never overtakes i
	for i := 0; i < len(word); i += int(m.spans[i]) {
		merged = append(merged, word[i])
	}
	m.word = nil
	return merged
}

func (m *longMerge) init(p *pairTable, word []int32) {
	n := len(word)
	m.pairs, m.word = p, word
	m.spans = slices.Grow(m.spans[:0], n)[:n]
	m.ranks = slices.Grow(m.ranks[:0], n)[:n]
	m.queue = m.queue[:0]
	for i := range n {
		m.spans[i] = 1
	}
	for i := range n {
		m.rank(i)
	}
	for i := range n {
		if m.leads(i) {
			m.queue = append(m.queue, mergeEntry(m.ranks[i], int32(i)))
		}
	}
	m.queue.init()
}

// merge joins the symbol at left with its right neighbour and queues the pairs
// around that have come to lead by it.
func (m *longMerge) merge(left int) {
	right := m.next(left)
	_, m.word[left] = m.pairs.lookup(m.word[left], m.word[right])
	span := m.spans[left] + m.spans[right]
	oldRight := m.ranks[right]
	m.ranks[right] = noRank
	m.spans[left] = span
	m.spans[left+int(span)-1] = span
	m.rank(left)

	if prev := m.prev(left); prev >= 0 {
		oldPrev := m.ranks[prev]
		m.rank(prev)
		m.offer(prev)
		// The pair before led already unless prev came before it.
		if before := m.prev(prev); before >= 0 && oldPrev < m.ranks[before] {
			m.offer(before)
		}
	}
	m.offer(left)
	if next := m.next(left); next < len(m.word) && oldRight <= m.ranks[next] {
		m.offer(next)
	}
}

// next returns where the symbol after the one at i starts: len(word) if none.
func (m *longMerge) next(i int) int { return i + int(m.spans[i]) }

// prev returns where the symbol before the one at i starts: -1 if none.
func (m *longMerge) prev(i int) int {
	if i == 0 {
		return -1
	}
	return i - int(m.spans[i-1])
}

// rank looks up the pair of the symbol at i and the next one.
func (m *longMerge) rank(i int) {
	m.ranks[i] = noRank
	if next := m.next(i); next < len(m.word) {
		m.ranks[i], _ = m.pairs.lookup(m.word[i], m.word[next])
	}
}

// leads reports whether the pair at i merges before both its neighbours: it has
// a lower rank, or the same and is further left.
func (m *longMerge) leads(i int) bool {
	rank := m.ranks[i]
	if rank == noRank {
		return false
	}
	if prev := m.prev(i); prev >= 0 && m.ranks[prev] <= rank {
		return false
	}
	next := m.next(i)
	return next >= len(m.word) || m.ranks[next] >= rank
}

func (m *longMerge) offer(i int) {
	if m.leads(i) {
		m.queue.push(mergeEntry(m.ranks[i], int32(i)))
	}
}
