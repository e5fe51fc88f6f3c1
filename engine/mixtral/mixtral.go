// Package mixtral is the model: its weights on a device, its KV cache, and the passes
// that turn tokens into the next token.
//
// The files follow the model's paper order: layer.go is one layer, pass.go the
// programs made of them, model.go their use.
package mixtral

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/sample"
	"mixtab/engine/weights"
)

// ErrContextFull is what a prompt longer than the context gives, before any work.
var ErrContextFull = errors.New("the context is full")

// Options choose how a model is loaded. The zero value is right for chat.
type Options struct {
	Context   int             // positions of the KV cache, in tokens; 0 is what DefaultCacheBytes hold
	KV        kernel.KVFormat // of the KV cache; KVAuto: by the adapter
	AllLogits bool            // Logits gives every position of a chunk, not only the last
	Tuning    kernel.Tuning   // the zero value: by the adapter

	ExpertBudget int64 // bytes of experts on the device; 0: all of them
	Lazy         bool  // experts come when a token first wants them, even if all have room

	// Progress is told the bytes of weights that are on the device, of all.
	Progress func(loaded, total int64)
}

// Ring is how many sampled tokens the device remembers for the host to collect.
const Ring = 64

// A Model is a Mixtral on a device. It is not safe for concurrent use.
type Model struct {
	Config  weights.Config
	Context int // positions of the KV cache

	dev     gpu.Device
	src     weights.Source
	man     *weights.Manifest
	tuning  kernel.Tuning
	options Options
	buffers []gpu.Buffer // for Close: all but the slots'

	w      weightBuffers
	slots  *expertSlots
	stats  SlotStats
	broken error // what left the model without slots
	act    activations
	cache  KVCache

	pipelines             *kernel.Pipelines
	prefill               *pass       // nil while there is first
	first                 *firstPass  // nil of large models, and when it has ended
	head, headAll, sample gpu.Program // headAll only with AllLogits
	decode                decoder
	draft                 *drafter // nil: not asked for yet
	draftLogits           gpu.Binding
	sampled               int          // tokens of the answer when it was begun
	flying                []*Step      // decoding steps under way, in order
	host                  *sample.Host // samples the answer under way; nil: the device does
	hostPos               int          // of the token that it sampled last
	watch                 Watch
	untold                *routed // of the token that came last; nil: nobody watches, or it is told
	chunkLen              int     // tokens of the chunk that was run last
}

// Load allocates what the model needs, compiles its kernels and moves its weights to the
// device: of the experts those that fit, now or as tokens want them.
// What comes later comes from src, by several calls of Load at a time.
func Load(ctx context.Context, dev gpu.Device, src weights.Source, man *weights.Manifest, opt Options) (*Model, error) {
	m := &Model{Config: man.Config, dev: dev, src: src, man: man, tuning: opt.Tuning, options: opt, pipelines: kernel.NewPipelines(dev)}
	if m.tuning == (kernel.Tuning{}) {
		m.tuning = kernel.TuningForModel(dev.Info(), man.Config.Dim)
	}
	m.cache.format = opt.KV
	if opt.KV == kernel.KVAuto {
		m.cache.format = m.tuning.KVFormat()
	}
	m.Context = ContextLength(man.Config, m.cache.format, opt.Context)
	m.tuning.Chunk = max(2, min(m.tuning.Chunk, m.Context)) // 1 would be decoding
	if err := m.load(ctx); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func (m *Model) load(ctx context.Context) error {
	if err := m.allocate(ctx); err != nil {
		return err
	}
	var err error
	if m.slots, err = m.allocateSlots(ctx, m.options.ExpertBudget); err != nil {
		return err
	}
	if m.startsFirst() {
		m.first = &firstPass{left: m.firstTokens()}
	}
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error { return m.pipelines.Prepare(inner, m.firstTokenCalls()) })
	group.Go(func() error { return m.fill(inner) })
	if err := group.Wait(); err != nil {
		return err
	}
	if err := m.compile(ctx); err != nil {
		return err
	}
	m.decode.prepare(m.pipelines, m.decodeCalls())
	return m.writeTables()
}

// Close frees what the model has on the device.
func (m *Model) Close() {
	m.decode.close()
	m.first.close()
	if m.slots != nil {
		m.slots.release(m.pipelines)
	}
	for _, b := range m.buffers {
		b.Release()
	}
	m.buffers = nil
	m.pipelines.Close()
}

// Cache is the model's KV cache.
func (m *Model) Cache() *KVCache { return &m.cache }

// DispatchesPerToken is the number of dispatches of one decoding step.
func (m *Model) DispatchesPerToken() int { return len(m.decode.calls) }

// buffer allocates and remembers a storage buffer.
func (m *Model) buffer(ctx context.Context, label string, bytes int) (gpu.Buffer, error) {
	// A multiple of 256 lets kernels read whole vec4s at the end.
	b, err := m.dev.NewBuffer(ctx, label, gpu.Storage, (bytes+255)&^255)
	if err != nil {
		return nil, err
	}
	m.buffers = append(m.buffers, b)
	return b, nil
}
