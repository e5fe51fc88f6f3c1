// Package mixtral is the model: its weights on a device, its KV cache, and the passes
// that turn tokens into the next token.
//
// The files follow the model's paper order: layer.go is one layer, pass.go the
// programs made of them, model.go their use.
package mixtral

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/weights"
)

// ErrContextFull is what a prompt longer than the context gives, before any work.
var ErrContextFull = errors.New("the context is full")

// Options choose how a model is loaded. The zero value is right for chat.
type Options struct {
	Context   int           // positions of the KV cache, in tokens; 0 is what DefaultCacheBytes hold
	AllLogits bool          // Logits gives every position of a chunk, not only the last
	Tuning    kernel.Tuning // the zero value: by the adapter

	// Progress is told the bytes of weights that are on the device, of all.
	Progress func(loaded, total int64)
}

// DefaultCacheBytes is what the KV cache takes at most where nobody asks for a length:
// 4,096 tokens of Mixtral-8x7B.
const DefaultCacheBytes = 1 << 30

// contextLength is the wanted number of positions, no more than the model's own maximum.
func contextLength(c weights.Config, wanted int) int {
	if wanted <= 0 {
		wanted = DefaultCacheBytes / (c.NLayers * 2 * c.NKVHeads * c.HeadDim * 4)
	}
	return max(1, min(wanted, c.MaxPositions))
}

// Ring is how many sampled tokens the device remembers for the host to collect.
const Ring = 64

// A Model is a Mixtral on a device. It is not safe for concurrent use.
type Model struct {
	Config  weights.Config
	Context int // positions of the KV cache

	dev     gpu.Device
	tuning  kernel.Tuning
	options Options
	buffers []gpu.Buffer // all of them, for Close

	w     weightBuffers
	act   activations
	cache KVCache

	pipelines             *kernel.Pipelines
	prefill               pass
	head, headAll, sample gpu.Program // headAll only with AllLogits
	decode                decoder
}

// Load allocates everything the model will ever need, compiles its kernels and moves
// its weights to the device.
func Load(ctx context.Context, dev gpu.Device, src weights.Source, man *weights.Manifest, opt Options) (*Model, error) {
	m := &Model{Config: man.Config, Context: contextLength(man.Config, opt.Context), dev: dev, tuning: opt.Tuning, options: opt, pipelines: kernel.NewPipelines(dev)}
	if m.tuning == (kernel.Tuning{}) {
		m.tuning = kernel.TuningFor(dev.Info())
	}
	m.tuning.Chunk = min(m.tuning.Chunk, m.Context)
	if err := m.load(ctx, src, man); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func (m *Model) load(ctx context.Context, src weights.Source, man *weights.Manifest) error {
	if err := m.allocate(ctx, man); err != nil {
		return err
	}
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error { return m.pipelines.Prepare(inner, m.firstTokenCalls()) })
	group.Go(func() error { return m.w.fill(inner, src, man, m.options.Progress) })
	if err := group.Wait(); err != nil {
		return err
	}
	if err := m.compile(ctx); err != nil {
		return err
	}
	m.decode.prepare(m.pipelines, m.decodeCalls())
	return nil
}

// Close frees what the model has on the device.
func (m *Model) Close() {
	m.decode.close()
	m.pipelines.Close()
	for _, b := range m.buffers {
		b.Release()
	}
	m.buffers = nil
}

// Cache is the model's KV cache.
func (m *Model) Cache() *KVCache { return &m.cache }

// DispatchesPerToken is the number of dispatches of one decoding step.
func (m *Model) DispatchesPerToken() int { return len(slices.Concat(m.decode.calls...)) }

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
