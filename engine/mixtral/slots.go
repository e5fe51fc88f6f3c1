package mixtral

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"mixtab/engine/experts"
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/weights"
)

// expertSlots are the experts that are on the device. Where each layer has slots of its
// own, its kernels find an expert by the slot table, and programs are made once. Where all
// layers share a pool, no table could tell a binding from another: the host binds the two
// experts that a layer asks for.
type expertSlots struct {
	layout  experts.Layout
	cache   *experts.Cache
	layers  []expertMatrices // by layer; nil: there is a pool
	pool    []expertMatrices // by slot, each of one expert
	buffers []gpu.Buffer
	bound   gpu.Program // the pool's experts bound last

	present map[experts.Key]bool // loaded, not only placed
	run     float64              // layers that a pass went on for lately before one waited
}

// ran tells that a pass went on for so many layers before one waited.
func (s *expertSlots) ran(layers int) { s.run += (float64(layers) - s.run) / 8 }

// SlotStats tell what the slots cost since the model was loaded.
type SlotStats struct {
	Uses        uint64        // experts that tokens, or chunks of tokens, asked for
	Loads       uint64        // of them, those that were not there
	LoadedBytes uint64        // moved to the device for that
	Wait        time.Duration // until they had come
}

// Plus adds the costs of another model.
func (s SlotStats) Plus(o SlotStats) SlotStats {
	return SlotStats{Uses: s.Uses + o.Uses, Loads: s.Loads + o.Loads, LoadedBytes: s.LoadedBytes + o.LoadedBytes, Wait: s.Wait + o.Wait}
}

// expertMatrices are where some experts' three matrices lie.
type expertMatrices struct{ gate, up, down kernel.ExpertMatrix }

func (e *expertMatrices) of(name weights.ExpertName) *kernel.ExpertMatrix {
	switch name {
	case weights.Gate:
		return &e.gate
	case weights.Up:
		return &e.up
	}
	return &e.down
}

// pair binds two slots of a pool as slots 0 and 1.
func (s *expertSlots) pair(a, b int) expertMatrices {
	two := s.pool[a]
	for _, name := range weights.ExpertNames {
		m := two.of(name)
		m.B, m.Slots = s.pool[b].of(name).A, 2
	}
	return two
}

// matrices are what a layer's kernels are made with, or, of a pool, could be.
func (s *expertSlots) matrices(l int) expertMatrices {
	if s.layers == nil {
		return s.pair(0, 1)
	}
	return s.layers[l]
}

// complete says whether every expert is on the device: nothing has to wait any more.
func (s *expertSlots) complete() bool {
	return len(s.present) == s.layout.Layers*s.layout.Experts
}

// expertShape is what an expert takes on the device.
func (m *Model) expertShape() experts.Shape {
	shape := experts.Shape{Layers: m.Config.NLayers, Experts: m.Config.NExperts, TopK: m.Config.NExpertsPerTok}
	for _, name := range weights.ExpertNames {
		shape.Bytes += int64(m.expertMatrix(name).Stride)
	}
	return shape
}

// expertMatrix is the shape of one of an expert's matrices, the same in all layers.
func (m *Model) expertMatrix(name weights.ExpertName) kernel.ExpertMatrix {
	t, _ := m.man.Tensor(weights.Expert(0, 0, name)) // ParseManifest has seen it
	return kernel.ExpertMatrix{Format: t.Format, Rows: t.Rows(), Cols: t.Cols(),
		Stride: (t.Format.Bytes(t.Rows(), t.Cols()) + 255) &^ 255, Slots: 1, PerBank: 1}
}

// allocateSlots makes the slots that a budget in bytes buys, or, where the device has no
// memory for them or cannot bind them, as many as it can.
func (m *Model) allocateSlots(ctx context.Context, budget int64) (*expertSlots, error) {
	most, err := m.mostBytes()
	if err != nil {
		return nil, err
	}
	if budget == 0 || budget > most {
		budget = most
	}
	var refused error
	for {
		layout, err := experts.NewLayout(m.expertShape(), budget)
		if err != nil && refused != nil {
			return nil, fmt.Errorf("%w (%w)", refused, err)
		}
		if err != nil {
			return nil, err
		}
		s, held, err := m.newSlots(ctx, layout)
		if !errors.Is(err, gpu.ErrOutOfMemory) {
			return s, err
		}
		// What could be had, less an eighth for what else will be asked for.
		refused, budget = err, max(held-held/8, 1)
	}
}

// newSlots makes a layout's slots, or none. held is how far it came.
func (m *Model) newSlots(ctx context.Context, layout experts.Layout) (_ *expertSlots, held int64, err error) {
	s := &expertSlots{layout: layout, cache: experts.New(layout, experts.Default(layout)), present: map[experts.Key]bool{}, run: float64(layout.Layers)}
	defer func() {
		if err != nil {
			s.release(m.pipelines)
		}
	}()
	buffer := func(label string, bytes int) (gpu.Binding, error) {
		b, err := m.dev.NewBuffer(ctx, label, gpu.Storage, bytes)
		if err != nil {
			return gpu.Binding{}, err
		}
		s.buffers = append(s.buffers, b)
		held += int64(bytes)
		return gpu.Binding{Buffer: b}, nil
	}
	for slot := range layout.Pool {
		var e expertMatrices
		for _, name := range weights.ExpertNames {
			x := m.expertMatrix(name)
			if x.A, err = buffer(fmt.Sprintf("expert slot %d %s", slot, name), x.Stride); err != nil {
				return nil, held, err
			}
			x.B = x.A
			*e.of(name) = x
		}
		s.pool = append(s.pool, e)
	}
	for l, slots := range layout.PerLayer {
		var e expertMatrices
		for _, name := range weights.ExpertNames {
			x := m.expertMatrix(name)
			m.banks(&x, slots)
			label := fmt.Sprintf("layers.%d.%s bank ", l, name)
			if x.A, err = buffer(label+"0", x.PerBank*x.Stride); err != nil {
				return nil, held, err
			}
			x.B = x.A
			if slots > x.PerBank {
				if x.B, err = buffer(label+"1", (slots-x.PerBank)*x.Stride); err != nil {
					return nil, held, err
				}
			}
			*e.of(name) = x
		}
		s.layers = append(s.layers, e)
	}
	return s, held, nil
}

// bindable is how many slots of a matrix the adapter binds at once.
func (m *Model) bindable(x kernel.ExpertMatrix) int {
	limits := m.dev.Info().Limits
	return min(limits.MaxStorageBufferBindingSize, limits.MaxBufferSize) / x.Stride
}

// mostBytes is the largest budget of use: a slot for every expert, but no more than two
// banks to a layer.
func (m *Model) mostBytes() (int64, error) {
	shape := m.expertShape()
	slots := shape.Experts
	for _, name := range weights.ExpertNames {
		x := m.expertMatrix(name)
		n := m.bindable(x)
		if n == 0 {
			return 0, fmt.Errorf("one %s matrix of an expert, %d bytes, does not fit the adapter's largest binding (%d bytes): pack the model in a smaller format",
				x.Format, x.Stride, m.dev.Info().Limits.MaxStorageBufferBindingSize)
		}
		slots = min(slots, 2*n)
	}
	return int64(slots*shape.Layers) * shape.Bytes, nil
}

// banks divides so many slots of a matrix: into one bank where the adapter can bind that at
// once, else into two.
func (m *Model) banks(x *kernel.ExpertMatrix, slots int) {
	x.Slots, x.PerBank = slots, slots
	if m.bindable(*x) < slots {
		x.PerBank = (slots + 1) / 2
	}
}

func (s *expertSlots) release(pipelines *kernel.Pipelines) {
	if s.bound != nil {
		pipelines.Release(s.bound)
		s.bound = nil
	}
	for _, b := range s.buffers {
		b.Release()
	}
	s.buffers = nil
}

// partsOf are the parts of an expert's three matrices, and where in its slot they go.
func (m *Model) partsOf(p experts.Placement) iter.Seq2[weights.Part, place] {
	return func(yield func(weights.Part, place) bool) {
		for _, name := range weights.ExpertNames {
			t, _ := m.man.Tensor(weights.Expert(p.Layer, p.Expert, name)) // ParseManifest has seen it
			for _, part := range t.Parts {
				if !yield(part, m.slots.place(p.Key, p.Slot, name, part)) {
					return
				}
			}
		}
	}
}

// place is where a part of an expert in a slot goes.
func (s *expertSlots) place(k experts.Key, slot int, name weights.ExpertName, p weights.Part) place {
	e := expertMatrices{}
	if s.layers == nil {
		e, slot = s.pool[slot], 0
	} else {
		e = s.layers[k.Layer]
	}
	x := e.of(name)
	// Only formats without scales are split by rows (docs/FORMAT.md), so rows lie one
	// after the other.
	offset := p.Row0 * x.Format.Bytes(1, x.Cols)
	if slot < x.PerBank {
		return place{x.A.Buffer, slot*x.Stride + offset}
	}
	return place{x.B.Buffer, (slot-x.PerBank)*x.Stride + offset}
}

// parallelLoads is how many parts are on their way to the device at a time.
const parallelLoads = 4

// admit brings the experts of a layer that are not there to the device. After an error
// those that made room are gone, and those that were to come are not there; the device's
// slot table, which then is wrong, is written by the next prefill.
func (m *Model) admit(ctx context.Context, l int, wanted []int) error {
	s, start := m.slots, time.Now()
	placed := s.cache.Place(l, wanted)
	if len(placed) == 0 {
		return nil
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(parallelLoads)
	for _, p := range placed {
		if p.Evicts {
			delete(s.present, p.Evicted)
		}
		for part, to := range m.partsOf(p) {
			group.Go(func() error { return m.src.Load(inner, part, to.buffer, to.offset) })
		}
	}
	if err := group.Wait(); err != nil {
		for _, p := range placed {
			s.cache.Drop(p.Key)
		}
		return err
	}
	for _, p := range placed {
		s.present[p.Key] = true
	}
	m.stats.Loads += uint64(len(placed))
	m.stats.LoadedBytes += uint64(len(placed)) * uint64(s.layout.Shape.Bytes)
	m.stats.Wait += time.Since(start)
	return nil
}

// use counts, and tells the cache, which experts a token or a chunk asked a layer for.
func (m *Model) use(l int, wanted []int) {
	m.stats.Uses += uint64(len(wanted))
	m.slots.cache.Use(l, wanted)
}

// writeTable tells the device where a layer's experts are: those in only, or, where it is
// nil, all that are there. Of a pool nothing is there but what is bound: only, as slots 0
// and 1.
func (m *Model) writeTable(l int, only []int) error {
	return m.dev.Write(m.act.state.Buffer, 4*m.stateLayout().Table(l), m.tableOf(l, only))
}

func (m *Model) tableOf(l int, only []int) []byte {
	s := m.slots
	var words []byte
	for e := range s.layout.Experts {
		slot, ok := s.cache.Slot(experts.Key{Layer: l, Expert: e})
		if s.layers == nil {
			slot = slices.Index(only, e)
			ok = slot >= 0
		} else if only != nil {
			ok = ok && slices.Contains(only, e)
		}
		if !ok || s.layers != nil && !s.present[experts.Key{Layer: l, Expert: e}] {
			slot = kernel.NoSlot
		}
		words = binary.LittleEndian.AppendUint32(words, uint32(slot))
	}
	return words
}

// writeTables tells the device where all experts are.
func (m *Model) writeTables() error {
	var words []byte
	for l := range m.Config.NLayers {
		words = append(words, m.tableOf(l, nil)...)
	}
	return m.dev.Write(m.act.state.Buffer, 4*m.stateLayout().Table(0), words)
}

// bind is the program of a layer's experts: that of the pass, or one made for the experts
// that are wanted now.
func (m *Model) bind(ctx context.Context, p *pass, l int, k kind, wanted []int) (gpu.Program, error) {
	s := m.slots
	if s.layers != nil {
		return p.layers[l].experts, nil
	}
	var slots [2]int
	for i := range slots {
		slots[i], _ = s.cache.Slot(experts.Key{Layer: l, Expert: wanted[min(i, len(wanted)-1)]})
	}
	program, err := m.pipelines.Compile(ctx, fmt.Sprintf("experts of layer %d", l), m.expertCalls(l, k, s.pair(slots[0], slots[1])))
	if err != nil {
		return nil, err
	}
	if s.bound != nil {
		m.pipelines.Release(s.bound)
	}
	s.bound = program
	return program, nil
}

// ExpertLayout says how the experts lie on the device.
func (m *Model) ExpertLayout() experts.Layout { return m.slots.layout }

// SlotStats are the costs so far.
func (m *Model) SlotStats() SlotStats { return m.stats }

// SetExpertBudget makes other slots, between two passes. Their experts come as tokens want
// them. Of a budget that is too small nothing changes; where one cannot be had there are
// the slots of before, empty. The context does not end it half way.
func (m *Model) SetExpertBudget(ctx context.Context, budget int64) error {
	if _, err := experts.NewLayout(m.expertShape(), budget); err != nil {
		return err
	}
	ctx, before := context.WithoutCancel(ctx), m.slots.layout.Bytes()
	err := m.replaceSlots(ctx, budget)
	m.broken = nil
	if err != nil {
		m.broken = m.replaceSlots(ctx, before)
	}
	return err
}

// replaceSlots makes other slots. After an error there may be none that work.
func (m *Model) replaceSlots(ctx context.Context, budget int64) error {
	if err := m.endFirst(ctx); err != nil {
		return err
	}
	m.releaseDrafter()
	m.releaseExperts(m.prefill)
	if m.decode.pass != nil {
		m.releaseExperts(m.decode.pass)
	}
	m.slots.release(m.pipelines)
	slots, err := m.allocateSlots(ctx, budget)
	if err != nil {
		return err
	}
	m.slots = slots
	if err := m.compileExperts(ctx, m.prefill, "prefill", m.chunk()); err != nil {
		return err
	}
	if m.decode.pass != nil {
		if err := m.compileExperts(ctx, m.decode.pass, "decode", m.one()); err != nil {
			return err
		}
	}
	return m.writeTables()
}
