package tokenizer

// mergeQueue is a binary min-heap of pairs, ordered by rank and then by
// position. It is written out because container/heap would box every entry.
type mergeQueue []uint64

// mergeEntry packs a pair's rank and the index of its left node so that
// entries compare in the order in which they merge.
func mergeEntry(rank uint32, left int32) uint64 {
	return uint64(rank)<<32 | uint64(uint32(left))
}

// init orders a queue that was filled by append, in linear time.
func (q mergeQueue) init() {
	for i := len(q)/2 - 1; i >= 0; i-- {
		q.down(i)
	}
}

// push adds an entry.
func (q *mergeQueue) push(e uint64) {
	*q = append(*q, e)
	h := *q
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent] <= e {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = e
}

// pop removes the first entry of a queue that is not empty.
func (q *mergeQueue) pop() (rank uint32, left int32) {
	h := *q
	first := h[0]
	last := len(h) - 1
	h[0] = h[last]
	*q = h[:last]
	if last > 0 {
		q.down(0)
	}
	return uint32(first >> 32), int32(uint32(first))
}

// down moves the entry at i below its smaller children.
func (q mergeQueue) down(i int) {
	e := q[i]
	for {
		child := 2*i + 1
		if child >= len(q) {
			break
		}
		if child+1 < len(q) && q[child+1] < q[child] {
			child++
		}
		if e <= q[child] {
			break
		}
		q[i] = q[child]
		i = child
	}
	q[i] = e
}
