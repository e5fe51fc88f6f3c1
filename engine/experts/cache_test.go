package experts

import (
	"slices"
	"testing"
)

// oldest gives up the first candidate, whoever it is.
type oldest struct{}

func (oldest) Use(Key)            {}
func (oldest) Victim(c []Key) Key { return c[0] }

// checkCache fails where the two sides of the account disagree or a slot is out of range.
func checkCache(t *testing.T, c *Cache) {
	t.Helper()
	in := map[[2]int]Key{} // by group and slot
	resident := 0
	for layer := range c.layout.Layers {
		group := layer
		if c.layout.PerLayer == nil {
			group = 0
		}
		for e := range c.layout.Experts {
			k := Key{layer, e}
			slot, ok := c.Slot(k)
			if !ok {
				continue
			}
			resident++
			if slot < 0 || slot >= len(c.slots[group]) {
				t.Fatalf("%v is in slot %d of %d", k, slot, len(c.slots[group]))
			}
			if other, twice := in[[2]int{group, slot}]; twice {
				t.Fatalf("%v and %v are both in slot %d", k, other, slot)
			}
			in[[2]int{group, slot}] = k
			if c.slots[group][slot] != k {
				t.Fatalf("slot %d holds %v, not %v", slot, c.slots[group][slot], k)
			}
		}
	}
	filled := 0
	for _, group := range c.slots {
		for _, k := range group {
			if k != nobody {
				filled++
			}
		}
	}
	if filled != resident || filled > c.layout.Slots() {
		t.Fatalf("%d slots are filled, %d experts resident, %d slots in all", filled, resident, c.layout.Slots())
	}
}

// place uses and places, and checks what Place promises.
func place(t *testing.T, c *Cache, layer int, experts []int) {
	t.Helper()
	was := map[Key]int{}
	for l := range c.layout.Layers {
		for e := range c.layout.Experts {
			if slot, ok := c.Slot(Key{l, e}); ok {
				was[Key{l, e}] = slot
			}
		}
	}
	before := c.Stats()
	c.Use(layer, experts)
	placed := c.Place(layer, experts)
	if s := c.Stats(); s.Loads-before.Loads != uint64(len(placed)) || s.Uses-before.Uses != uint64(len(experts)) {
		t.Fatalf("%d loads and %d uses counted for %d and %d", s.Loads-before.Loads, s.Uses-before.Uses, len(placed), len(experts))
	}
	for _, p := range placed {
		if _, ok := was[p.Key]; ok || p.Layer != layer || !slices.Contains(experts, p.Expert) {
			t.Fatalf("%v was placed; wanted are %v of layer %d", p.Key, experts, layer)
		}
		slot, resident := was[p.Evicted]
		switch {
		case p.Evicts && (!resident || slot != p.Slot):
			t.Fatalf("%v evicted, which was not in slot %d", p.Evicted, p.Slot)
		case p.Evicts && p.Evicted.Layer == layer && slices.Contains(experts, p.Evicted.Expert):
			t.Fatalf("%v evicted, which is wanted", p.Evicted)
		}
		if p.Evicts {
			delete(was, p.Evicted)
		}
	}
	for _, e := range experts {
		if _, ok := c.Slot(Key{layer, e}); !ok {
			t.Fatalf("expert %d of layer %d is wanted and not resident", e, layer)
		}
		delete(was, Key{layer, e})
	}
	for k, slot := range was {
		if now, ok := c.Slot(k); !ok || now != slot {
			t.Fatalf("%v moved or went, and was not evicted", k)
		}
	}
	checkCache(t, c)
}

// Every sequence of three uses of one or two experts, on all layouts of a small model.
func TestPlaceExhaustively(t *testing.T) {
	shape := Shape{Layers: 2, Experts: 3, TopK: 2, Bytes: 1}
	var wanted []Key // a layer, and a set of its experts as bits
	for layer := range shape.Layers {
		for set := 1; set < 7; set++ { // all but the empty one and that of three
			wanted = append(wanted, Key{layer, set})
		}
	}
	var layouts []Layout
	for pool := 2; pool <= 6; pool++ {
		layouts = append(layouts, Layout{Shape: shape, Pool: pool})
	}
	for _, slots := range [][]int{{2, 2}, {3, 2}, {3, 3}} {
		layouts = append(layouts, Layout{Shape: shape, PerLayer: slots})
	}
	for _, l := range layouts {
		for _, a := range wanted {
			for _, b := range wanted {
				for _, d := range wanted {
					for name, policy := range map[string]Policy{"oldest": oldest{}, "default": Default(l)} {
						c := New(l, policy)
						for _, w := range []Key{a, b, d} {
							var experts []int
							for e := range shape.Experts {
								if w.Expert>>e&1 == 1 {
									experts = append(experts, e)
								}
							}
							place(t, c, w.Layer, experts)
						}
						if t.Failed() {
							t.Fatalf("%+v, policy %s, %v", l, name, []Key{a, b, d})
						}
					}
				}
			}
		}
	}
}

func TestResidentNeverEvicts(t *testing.T) {
	l, err := NewLayout(Shape{Layers: 3, Experts: 4, TopK: 2, Bytes: 1}, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := New(l, Default(l))
	for range 2 {
		for layer := range l.Layers {
			place(t, c, layer, []int{0, 1, 2, 3})
		}
	}
	if s := c.Stats(); s != (Stats{Uses: 24, Loads: 12}) || s.HitRate() != 0.5 {
		t.Errorf("%+v, hit rate %v", s, s.HitRate())
	}
}

func TestDropAndClear(t *testing.T) {
	l := Layout{Shape: Shape{Layers: 2, Experts: 4, TopK: 2, Bytes: 1}, PerLayer: []int{3, 2}}
	c := New(l, Default(l))
	if c.Capacity(0) != 3 || c.Capacity(1) != 2 {
		t.Errorf("capacities %d and %d", c.Capacity(0), c.Capacity(1))
	}
	place(t, c, 0, []int{3, 1})
	c.Drop(Key{0, 3})
	c.Drop(Key{0, 3})
	checkCache(t, c)
	if _, ok := c.Slot(Key{0, 3}); ok {
		t.Error("a dropped expert is resident")
	}
	if p := c.Place(0, []int{2}); len(p) != 1 || p[0].Evicts || p[0].Slot != 0 {
		t.Errorf("the dropped expert's slot was not used: %+v", p)
	}
	c.Clear()
	checkCache(t, c)
	if _, ok := c.Slot(Key{0, 1}); ok {
		t.Error("an expert survived Clear")
	}
	if c := New(Layout{Shape: l.Shape, Pool: 8}, oldest{}); c.Capacity(1) != 4 {
		t.Errorf("capacity in a pool is %d, more than there are experts", c.Capacity(1))
	}
}

// A caller who wants more than fits has a bug, and hears of it.
func TestTooManyAtOnce(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("three experts found room in two slots")
		}
	}()
	l := Layout{Shape: Shape{Layers: 1, Experts: 4, TopK: 2, Bytes: 1}, PerLayer: []int{2}}
	New(l, Default(l)).Place(0, []int{0, 1, 2})
}

// FuzzCache runs a program of bytes against the promises of the cache.
func FuzzCache(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 1, 2, 2, 200, 7, 9, 255, 13})
	f.Add([]byte{3, 1, 90, 17, 4, 4, 4, 4, 80, 81, 82, 83, 84, 85, 86, 87, 254, 1, 2, 3})
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) < 3 {
			return
		}
		shape := Shape{Layers: 1 + int(program[0]%5), Experts: 2 + int(program[1]%7), TopK: 2, Bytes: 1}
		l, err := NewLayout(shape, 1+int64(program[2]))
		if err != nil {
			return
		}
		c := New(l, Default(l))
		layer := 0
		for _, b := range program[3:] {
			first, second := int(b)%shape.Experts, int(b>>4)%shape.Experts
			switch {
			case b == 255:
				c.Clear()
			case b >= 240:
				c.Drop(Key{layer, first})
			case first == second:
				place(t, c, layer, []int{first})
			default:
				place(t, c, layer, []int{first, second})
			}
			checkCache(t, c)
			layer = (layer + 1) % shape.Layers
		}
	})
}
