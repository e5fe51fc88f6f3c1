package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/weights"
)

// probeTime is about how long each measurement of Preflight may take.
const probeTime = 250 * time.Millisecond

// CopyBandwidth times the copy kernel on buffers too large for caches: bytes read plus
// written a second, in GB/s; the best of what fits the time.
func CopyBandwidth(ctx context.Context, dev gpu.Device, limit time.Duration) (float64, error) {
	s := scratch{dev: dev, pipelines: kernel.NewPipelines(dev)}
	defer s.release()
	size := min(64<<20, dev.Info().Limits.MaxStorageBufferBindingSize)
	x, y := s.buffer(ctx, size), s.buffer(ctx, size)
	copying := s.program(ctx, []kernel.Call{kernel.Copy(kernel.TuningFor(dev.Info()), x, y, size)})
	times := s.time(ctx, copying, y, limit, maxBatch)
	if s.err != nil {
		return 0, s.err
	}
	return float64(2*size) / times[0] / 1e9, nil
}

// FlopRate times chains of products and sums that need no memory: float32 operations a
// second, in 10⁹; the best of what fits the time.
func FlopRate(ctx context.Context, dev gpu.Device, limit time.Duration) (float64, error) {
	s := scratch{dev: dev, pipelines: kernel.NewPipelines(dev)}
	defer s.release()
	const most = 1 << 19 // threads, which a large GPU needs and a CPU has no time for
	x, y := s.buffer(ctx, 4*most), s.buffer(ctx, 4*most)
	best := 0.0
	for n := most >> 8; n <= most && s.err == nil; n *= 4 {
		chains := s.program(ctx, []kernel.Call{kernel.FMA(kernel.TuningFor(dev.Info()), x, y, n, 1, 1)})
		times := s.time(ctx, chains, y, limit/4, maxBatch)
		if s.err == nil {
			best = max(best, float64(n)*kernel.FMAFlops/times[0]/1e9)
			if times[0] > limit.Seconds()/16 {
				break
			}
		}
	}
	return best, s.err
}

// EmptyDispatch times a dispatch that does next to nothing but wait for what the one before
// it wrote, as those of a token do, in a program of many. It takes the median.
func EmptyDispatch(ctx context.Context, dev gpu.Device, limit time.Duration) (time.Duration, error) {
	s := scratch{dev: dev, pipelines: kernel.NewPipelines(dev)}
	defer s.release()
	seconds := s.emptyDispatch(ctx, limit)
	return time.Duration(seconds * float64(time.Second)), s.err
}

// A probe measures what a token's work costs, on the experts of one token.
type probe struct {
	dev  gpu.Device
	src  weights.Source
	man  *weights.Manifest
	topK int
	both bool // the engine will have a layer's slots in two banks
	costs
}

func (p *probe) run(ctx context.Context) error {
	s := scratch{dev: p.dev, pipelines: kernel.NewPipelines(p.dev)}
	defer s.release()
	p.overheads(ctx, &s)
	gate, up, down := p.slots(ctx, &s, weights.Gate), p.slots(ctx, &s, weights.Up), p.slots(ctx, &s, weights.Down)
	if s.err != nil {
		return s.err
	}
	if err := p.loads(ctx, &s, []gpu.Binding{gate.A, up.A, down.A}); err != nil {
		return err
	}
	p.matmuls(ctx, &s, gate, up, down)
	return s.err
}

// slots are a matrix of as many experts as a token uses.
func (p *probe) slots(ctx context.Context, s *scratch, name weights.ExpertName) kernel.ExpertMatrix {
	t, _ := p.man.Tensor(weights.Expert(0, 0, name)) // ParseManifest has seen it
	m := kernel.ExpertMatrix{Format: t.Format, Rows: t.Rows(), Cols: t.Cols(), Slots: p.topK, PerBank: p.topK,
		Stride: (t.Format.Bytes(t.Rows(), t.Cols()) + 255) &^ 255}
	if p.both {
		m.PerBank = (p.topK + 1) / 2
	}
	m.A = s.buffer(ctx, m.PerBank*m.Stride)
	m.B = m.A
	if p.both {
		m.B = s.buffer(ctx, m.PerBank*m.Stride)
	}
	return m
}

// loads times the parts of the first expert, as many as there is time for, and once more
// those that were loaded.
func (p *probe) loads(ctx context.Context, s *scratch, to []gpu.Binding) error {
	var parts []weights.Part
	var dst []gpu.Buffer
	for i, name := range weights.ExpertNames {
		t, _ := p.man.Tensor(weights.Expert(0, 0, name))
		for _, part := range t.Parts {
			parts, dst = append(parts, part), append(dst, to[i].Buffer)
		}
	}
	for _, rate := range []*float64{&p.firstLoad, &p.load} {
		start, bytes, n := time.Now(), int64(0), 0
		for ; n < len(parts) && (n == 0 || time.Since(start) < probeTime); n++ {
			if err := p.src.Load(ctx, parts[n], dst[n], 0); err != nil {
				return err
			}
			bytes += parts[n].Length
		}
		if err := s.wait(ctx, to[0]); err != nil {
			return err
		}
		*rate = float64(bytes) / time.Since(start).Seconds()
		parts = parts[:n]
	}
	return nil
}

// overheads times dispatches that do next to nothing.
func (p *probe) overheads(ctx context.Context, s *scratch) {
	x, y := s.buffer(ctx, 256), s.buffer(ctx, 256)
	one := s.program(ctx, []kernel.Call{kernel.Copy(kernel.TuningFor(p.dev.Info()), x, y, 16)})
	p.roundTrip = median(s.time(ctx, one, y, probeTime/8, 1))
	p.dispatch = s.emptyDispatch(ctx, probeTime/8)
}

// matmuls times both halves of a token's experts.
func (p *probe) matmuls(ctx context.Context, s *scratch, gate, up, down kernel.ExpertMatrix) {
	c := kernel.Choice{Experts: p.man.Config.NExperts, TopK: p.topK}
	layout := kernel.StateLayout{Layers: 1, Choice: c}
	state := make([]uint32, layout.Words())
	state[kernel.StateN] = 1
	var routes []uint32
	for i := range p.topK {
		state[layout.Table(0)+i] = uint32(i)
		routes = append(routes, uint32(i), math.Float32bits(1/float32(p.topK)))
	}
	t := kernel.TuningForModel(p.dev.Info(), gate.Cols)
	x, y, hidden := s.buffer(ctx, 4*down.Rows), s.buffer(ctx, 4*down.Rows), s.buffer(ctx, 4*p.topK*gate.Rows)
	route, st := s.words(ctx, routes), s.words(ctx, state)
	once := s.program(ctx, []kernel.Call{
		kernel.MoEGateUp(t, x, route, gate, up, st, hidden, layout.Table(0), 1, c),
		kernel.MoEDown(t, hidden, route, down, st, y, layout.Table(0), 1, c),
	})
	p.weight = median(s.time(ctx, once, y, probeTime, maxBatch)) / float64(p.topK*3*gate.Rows*gate.Cols)
}

// scratch holds buffers and programs for a measurement. Its first error stays, and nothing
// is done after it.
type scratch struct {
	dev       gpu.Device
	pipelines *kernel.Pipelines
	buffers   []gpu.Buffer
	err       error
}

func (s *scratch) release() {
	s.pipelines.Close()
	for _, b := range s.buffers {
		b.Release()
	}
}

func (s *scratch) buffer(ctx context.Context, bytes int) gpu.Binding {
	if s.err != nil {
		return gpu.Binding{}
	}
	b, err := s.dev.NewBuffer(ctx, "preflight", gpu.Storage, (bytes+255)&^255)
	if err != nil {
		s.err = err
		return gpu.Binding{}
	}
	s.buffers = append(s.buffers, b)
	return gpu.Binding{Buffer: b}
}

func (s *scratch) words(ctx context.Context, words []uint32) gpu.Binding {
	b := s.buffer(ctx, 4*len(words))
	if s.err == nil {
		bytes, _ := binary.Append(nil, binary.LittleEndian, words)
		s.err = s.dev.Write(b.Buffer, 0, bytes)
	}
	return b
}

func (s *scratch) program(ctx context.Context, calls []kernel.Call) (p gpu.Program) {
	if s.err == nil {
		p, s.err = s.pipelines.Compile(ctx, "preflight", calls)
	}
	return p
}

// emptyDispatch is in seconds.
func (s *scratch) emptyDispatch(ctx context.Context, limit time.Duration) float64 {
	const pairs = 32
	x, y := s.buffer(ctx, 256), s.buffer(ctx, 256)
	t := kernel.TuningFor(s.dev.Info())
	all := s.program(ctx, slices.Repeat([]kernel.Call{kernel.Copy(t, x, y, 16), kernel.Copy(t, y, x, 16)}, pairs))
	return median(s.time(ctx, all, y, limit, maxBatch)) / (2 * pairs)
}

func (s *scratch) wait(ctx context.Context, b gpu.Binding) error {
	return gpu.ReadInto(ctx, s.dev, b.Buffer, 0, make([]byte, 4))
}

// maxBatch is how many runs of a program may go into one submit, so that the way to the
// device and back does not count.
const maxBatch = 16

// time runs a program for about so long, in batches, after a run to warm up. It returns
// the seconds of a run in each batch, the shortest first; nil after an error.
func (s *scratch) time(ctx context.Context, p gpu.Program, result gpu.Binding, limit time.Duration, batch int) []float64 {
	run := func(n int) float64 {
		start := time.Now()
		if s.err == nil {
			s.err = s.dev.Submit(slices.Repeat([]gpu.Program{p}, n)...)
		}
		if s.err == nil {
			s.err = s.wait(ctx, result)
		}
		return time.Since(start).Seconds() / float64(n)
	}
	run(1)
	start := time.Now()
	times := []float64{run(1)}
	n := max(1, min(batch, int(limit.Seconds()/8/times[0])))
	for s.err == nil && time.Since(start) < limit {
		times = append(times, run(n))
	}
	if s.err != nil {
		return nil
	}
	slices.Sort(times)
	return times
}

// median is the middle of sorted values; 0 of none.
func median(sorted []float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// grant asks the device for so many bytes, tells how many it gave, and gives them back.
func grant(ctx context.Context, dev gpu.Device, bytes int64) (int64, error) {
	var held []gpu.Buffer
	var granted int64
	defer func() {
		for _, b := range held {
			b.Release()
		}
	}()
	piece := int64(min(128<<20, dev.Info().Limits.MaxBufferSize))
	for granted < bytes {
		n := min(piece, bytes-granted)
		b, err := dev.NewBuffer(ctx, fmt.Sprintf("preflight, %d MB so far", granted>>20), gpu.Storage, int(n))
		if errors.Is(err, gpu.ErrOutOfMemory) {
			return granted, nil
		}
		if err != nil {
			return granted, err
		}
		held = append(held, b)
		granted += n
	}
	return granted, nil
}
