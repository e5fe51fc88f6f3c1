// Package experts keeps account of which experts are on the device, where all of them do
// not fit: how many slots a budget buys, which expert is in which slot, and which one makes
// room. It knows neither weights nor devices. Traces of what a router chose replay
// through the same code, and through Belady's optimum, which knows the future.
//
// Nothing here may be used by two goroutines at a time.
package experts

import (
	"errors"
	"fmt"
)

// A Key is an expert of a layer.
type Key struct{ Layer, Expert int }

// Shape says how many experts a model has and how large they are.
type Shape struct {
	Layers, Experts int   // Experts: of one layer
	TopK            int   // experts that a token uses in a layer
	Bytes           int64 // of one expert on the device
}

// Layout says where experts lie on the device: in slots that belong to layers, or, where
// there are too few for that, in one pool that all layers share.
type Layout struct {
	Shape
	PerLayer []int // slots of each layer; nil: there is a pool
	Pool     int   // slots of the pool
}

// ErrBudget is of a budget that holds too few experts to run the model.
var ErrBudget = errors.New("expert budget too small")

// A pool has at least this many slots, below which next to nothing would be found in it
// again; and it binds at most so many experts at a time.
const (
	minPool  = 8
	poolTopK = 2
)

// NewLayout divides a budget in bytes into slots; 0 is room for every expert.
func NewLayout(s Shape, budget int64) (Layout, error) {
	all, perLayer := s.Layers*s.Experts, s.Layers*s.TopK
	least := perLayer
	if s.TopK <= poolTopK {
		least = min(least, all, minPool)
	}
	slots := int64(all)
	if budget != 0 {
		slots = min(slots, budget/s.Bytes)
	}
	switch n := int(slots); {
	case budget < 0 || n < least:
		return Layout{}, fmt.Errorf("%w: %s holds %d experts; the least that works is %s (%d experts)",
			ErrBudget, size(max(budget, 0)), max(n, 0), sizeUp(int64(least)*s.Bytes), least)
	case n < perLayer:
		return Layout{Shape: s, Pool: n}, nil
	default:
		l := Layout{Shape: s, PerLayer: make([]int, s.Layers)}
		for i := range l.PerLayer {
			l.PerLayer[i] = n / s.Layers
			if i < n%s.Layers {
				l.PerLayer[i]++
			}
		}
		return l, nil
	}
}

// Resident says whether every expert has a slot, so that none is ever evicted.
func (l Layout) Resident() bool { return l.Slots() == l.Layers*l.Experts }

// Slots is the number of experts that fit.
func (l Layout) Slots() int {
	n := l.Pool
	for _, slots := range l.PerLayer {
		n += slots
	}
	return n
}

// Bytes is what the slots take on the device.
func (l Layout) Bytes() int64 { return int64(l.Slots()) * l.Shape.Bytes }

// size writes a number of bytes in the unit that suits it.
func size(bytes int64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.2f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%d MB", bytes/1e6)
	default:
		return fmt.Sprintf("%d kB", bytes/1e3)
	}
}

// sizeUp is size, rounded up: the budget that it names is enough.
func sizeUp(bytes int64) string {
	unit := int64(1e3)
	switch {
	case bytes >= 1e9:
		unit = 1e7
	case bytes >= 1e6:
		unit = 1e6
	}
	return size((bytes + unit - 1) / unit * unit)
}
