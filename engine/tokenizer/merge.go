package tokenizer

// shortWord is the number of symbols up to which a linear search for the next
// merge beats a priority queue.
const shortWord = 32

// mergeShort applies BPE to at most shortWord symbols, in place: as long as an
// adjacent pair merges, merge the one of lowest rank, the leftmost if several
// have it. Quadratic in len(word).
func (p *pairTable) mergeShort(word []int32) []int32 {
	if len(word) < 2 {
		return word
	}
	var ranks [shortWord]uint32 // [i]: rank of the pair word[i], word[i+1]
	var ids [shortWord]int32    // [i]: what that pair merges into
	for i := range len(word) - 1 {
		ranks[i], ids[i] = p.lookup(word[i], word[i+1])
	}
	for len(word) > 1 {
		pairs := len(word) - 1
		best := 0
		for i, rank := range ranks[:pairs] {
			if rank < ranks[best] {
				best = i
			}
		}
		if ranks[best] == noRank {
			break
		}
		word[best] = ids[best]
		copy(word[best+1:], word[best+2:])
		copy(ranks[best:pairs], ranks[best+1:pairs])
		copy(ids[best:pairs], ids[best+1:pairs])
		word = word[:pairs]
		if best > 0 {
			ranks[best-1], ids[best-1] = p.lookup(word[best-1], word[best])
		}
		if best+1 < len(word) {
			ranks[best], ids[best] = p.lookup(word[best], word[best+1])
		}
	}
	return word
}
