package experts

import (
	"fmt"
	"slices"
)

// A Cache knows which expert is in which slot. What it says is resident is so once the
// caller has loaded it: Place hands out slots, Drop takes one back.
type Cache struct {
	layout Layout
	policy Policy
	slots  [][]Key // by group, a layer or the pool: what is in each slot, or nobody
	slotOf []int   // by layer and expert: its slot, or -1
	stats  Stats
}

// nobody is in an empty slot.
var nobody = Key{-1, -1}

// Stats count since New. The hit rate is 1 - Loads/Uses.
type Stats struct {
	Uses  uint64 // experts that tokens asked for
	Loads uint64 // experts that got a slot
}

// HitRate is the share of uses that needed no load.
func (s Stats) HitRate() float64 { return 1 - float64(s.Loads)/float64(max(s.Uses, 1)) }

// A Placement is an expert and the slot that it is to be loaded into.
type Placement struct {
	Key
	Slot    int
	Evicted Key // was there before, if Evicts
	Evicts  bool
}

// New makes an empty cache.
func New(l Layout, p Policy) *Cache {
	c := &Cache{layout: l, policy: p, slotOf: make([]int, l.Layers*l.Experts)}
	groups := l.PerLayer
	if groups == nil {
		groups = []int{l.Pool}
	}
	for _, n := range groups {
		c.slots = append(c.slots, make([]Key, n))
	}
	c.Clear()
	return c
}

// Clear empties all slots. Counts and the policy's memory stay.
func (c *Cache) Clear() {
	for _, group := range c.slots {
		for i := range group {
			group[i] = nobody
		}
	}
	for i := range c.slotOf {
		c.slotOf[i] = -1
	}
}

// Layout is what the cache was made with.
func (c *Cache) Layout() Layout { return c.layout }

// Stats are the counts so far.
func (c *Cache) Stats() Stats { return c.stats }

// Capacity is how many experts of a layer can be resident at once.
func (c *Cache) Capacity(layer int) int { return min(len(c.group(layer)), c.layout.Experts) }

// Slot is where an expert is: the slot's number within its layer or within the pool.
func (c *Cache) Slot(k Key) (slot int, ok bool) {
	slot = c.slotOf[c.index(k)]
	return slot, slot >= 0
}

// Use counts that a token uses experts of a layer, resident or not, and tells the policy.
func (c *Cache) Use(layer int, experts []int) {
	c.stats.Uses += uint64(len(experts))
	for _, e := range experts {
		c.policy.Use(Key{layer, e})
	}
}

// Place makes room for those of a layer's experts that are not resident: empty slots
// first, then those of experts that the policy gives up, never of one of experts. They
// count as resident from now on.
func (c *Cache) Place(layer int, experts []int) []Placement {
	var placed []Placement
	for _, e := range experts {
		k := Key{layer, e}
		if _, ok := c.Slot(k); ok {
			continue
		}
		p := Placement{Key: k}
		group := c.group(layer)
		p.Slot = slices.Index(group, nobody)
		if p.Slot < 0 {
			p.Evicted, p.Evicts = c.victim(layer, experts), true
			p.Slot = c.slotOf[c.index(p.Evicted)]
			c.Drop(p.Evicted)
		}
		group[p.Slot] = k
		c.slotOf[c.index(k)] = p.Slot
		c.stats.Loads++
		placed = append(placed, p)
	}
	return placed
}

func (c *Cache) victim(layer int, wanted []int) Key {
	var candidates []Key
	for _, k := range c.group(layer) {
		if k.Layer != layer || !slices.Contains(wanted, k.Expert) {
			candidates = append(candidates, k)
		}
	}
	if len(candidates) == 0 {
		panic(fmt.Sprintf("experts: %d experts of layer %d wanted at once, which has %d slots", len(wanted), layer, c.Capacity(layer)))
	}
	k := c.policy.Victim(candidates)
	if !slices.Contains(candidates, k) {
		panic(fmt.Sprintf("experts: %T evicts expert %d of layer %d, which is no candidate", c.policy, k.Expert, k.Layer))
	}
	return k
}

// Drop empties the slot of an expert, if it has one: its load failed.
func (c *Cache) Drop(k Key) {
	if slot, ok := c.Slot(k); ok {
		c.group(k.Layer)[slot] = nobody
		c.slotOf[c.index(k)] = -1
	}
}

// group are the slots that a layer's experts may be in.
func (c *Cache) group(layer int) []Key {
	if c.layout.PerLayer == nil {
		return c.slots[0]
	}
	return c.slots[layer]
}

func (c *Cache) index(k Key) int {
	if k.Layer < 0 || k.Layer >= c.layout.Layers || k.Expert < 0 || k.Expert >= c.layout.Experts {
		panic(fmt.Sprintf("experts: no expert %d of layer %d; there are %d of %d layers", k.Expert, k.Layer, c.layout.Experts, c.layout.Layers))
	}
	return k.Layer*c.layout.Experts + k.Expert
}
