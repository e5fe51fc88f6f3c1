package experts

// A Policy says which expert makes room for another. It hears of every use, but not of
// what is resident: the candidates say that.
type Policy interface {
	// Use tells that a token used an expert, resident or not; layers come in order.
	Use(k Key)
	// Victim is the candidate that makes room. There is at least one.
	Victim(candidates []Key) Key
}

// Default is the policy that lost least on the traces of docs/PERFORMANCE.md.
func Default(l Layout) Policy { return NewNextUse(l) }

// least is the candidate with the smallest value, the first of equals.
func least(candidates []Key, value func(Key) float64) Key {
	best, smallest := candidates[0], value(candidates[0])
	for _, k := range candidates[1:] {
		if v := value(k); v < smallest {
			best, smallest = k, v
		}
	}
	return best
}
