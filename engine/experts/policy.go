package experts

// A Policy says which expert makes room for another. It hears of every use, but not of
// what is resident: the candidates say that.
type Policy interface {
	// Use tells that a token used an expert, resident or not; layers come in order.
	Use(k Key)
	// Victim is the candidate that makes room. There is at least one.
	Victim(candidates []Key) Key
}

// Policies are all that replay without knowing the future.
var Policies = []struct {
	Name string
	New  func(l Layout) Policy
}{
	{"next-use", func(l Layout) Policy { return NewNextUse(l) }},
	{"lru", func(l Layout) Policy { return NewLRU(l) }},
	{"lfu", func(l Layout) Policy { return NewLFU(l) }},
	{"lfru", func(l Layout) Policy { return NewLFRU(l) }},
}

// Default is the first of Policies: on the traces of docs/PERFORMANCE.md it comes nearest
// to the optimum, or within a point of what does, in both layouts.
func Default(l Layout) Policy { return Policies[0].New(l) }

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
