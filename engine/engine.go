// Package engine runs a pack: it opens one on a device and answers conversations.
//
// It is the same Go on every platform. A host gives it a gpu.Device and a
// weights.Source: the browser's are in mixtab/wasm, the native ones in mixtab/desktop
// and mixtab/packdir, and engine/ref is a device without any GPU.
package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"mixtab/engine/chat"
	"mixtab/engine/gpu"
	"mixtab/engine/grammar"
	"mixtab/engine/kernel"
	"mixtab/engine/mixtral"
	"mixtab/engine/tokenizer"
	"mixtab/engine/weights"
)

// ErrContextFull is what a prompt that does not fit the context gives, before any work.
var ErrContextFull = mixtral.ErrContextFull

// Config chooses how a pack is opened. The zero value is right for chat.
type Config struct {
	Context int             // the longest conversation, in tokens; 0 is what mixtral.DefaultCacheBytes hold
	KV      kernel.KVFormat // how keys and values are kept; KVAuto: by the adapter
	Tuning  kernel.Tuning   // the zero value: measured on a GPU, by a table where a CPU plays one

	// Arithmetic is the least exact that measuring may choose; the zero value is kernel.F32.
	Arithmetic kernel.Arithmetic
	// Tunings remember what was measured; nil: it is measured at each Open.
	Tunings Tunings

	// ExpertBudget is how many bytes of experts the device holds; 0: all of them. What is
	// computed does not depend on it, only how long it takes.
	ExpertBudget int64
	// Lazy lets experts come when a token first wants them, even if all would fit.
	Lazy bool

	// Reopen opens the device anew after it was lost, and joins the pack with it. The answer
	// under way then goes on. nil: a lost device is an error.
	Reopen func(ctx context.Context) (gpu.Device, weights.Source, error)

	// Progress is told the bytes of weights that are on the device, of all.
	Progress func(loaded, total int64)
}

// An Engine is an open pack. It answers one request at a time and, but for SetExpertBudget,
// is not safe for concurrent use.
type Engine struct {
	Manifest  *weights.Manifest
	Tokenizer *tokenizer.Tokenizer // nil of a pack without one: only token ids work

	cfg    Config
	dev    gpu.Device
	model  *mixtral.Model
	tuning kernel.Tuning // in use
	untune bool          // a device was lost while it was measured: the table decides
	ahead  int           // decoding steps under way behind the one that is awaited

	vocabulary *grammar.Vocabulary // nil: no answer has had a grammar
	matcher    *grammar.Matcher    // of the last grammar

	lost    error             // the device is, and there is no other yet
	opened  time.Time         // when the device was, in place of another, if no token has come of it
	earlier mixtral.SlotStats // of models on devices that were lost

	mu         sync.Mutex // of what follows
	generating bool
	changes    []budgetChange
}

// Open loads a pack onto a device. The device stays the caller's.
//
// Errors of this package are lines for people, without a package's name in front: those
// about a pack come from its Source, which knows what its files are called.
func Open(ctx context.Context, dev gpu.Device, src weights.Source, cfg Config) (e *Engine, err error) {
	defer recovered(&err)
	bytes, err := src.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	man, err := weights.ParseManifest(bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", weights.ManifestPath, err)
	}
	if _, err := chat.ParseTemplate(man.Template); err != nil {
		return nil, fmt.Errorf("%s: %w", weights.ManifestPath, err)
	}
	e = &Engine{Manifest: man, cfg: cfg, dev: dev}
	if man.Tokenizer.Kind != weights.KindNone {
		if e.Tokenizer, err = openTokenizer(ctx, src, man); err != nil {
			return nil, err
		}
	}
	e.model, err = e.load(ctx, src)
	if errors.Is(err, gpu.ErrDeviceLost) {
		if !e.untune { // else it was not for the budget
			e.opened = time.Now()
		}
		err = e.rebuild(ctx, err)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// load brings the pack to the device.
func (e *Engine) load(ctx context.Context, src weights.Source) (*mixtral.Model, error) {
	e.ahead = 3
	if e.dev.Info().Kind == gpu.KindCPU {
		e.ahead = 1 // what runs ahead of a Stop is real work there
	}
	if err := e.tune(ctx); err != nil {
		return nil, err
	}
	m, err := mixtral.Load(ctx, e.dev, src, e.Manifest, mixtral.Options{Context: e.cfg.Context, KV: e.cfg.KV, Tuning: e.tuning,
		ExpertBudget: e.cfg.ExpertBudget, Lazy: e.cfg.Lazy, Progress: e.cfg.Progress})
	if errors.Is(err, gpu.ErrOutOfMemory) {
		err = fmt.Errorf("%w: close other programs that use the GPU, or pack the model in a smaller format", err)
	}
	return m, err
}

// tune chooses the variants of kernels. Those of CPU adapters are known, and compiling
// others would take seconds.
func (e *Engine) tune(ctx context.Context) (err error) {
	switch {
	case e.cfg.Tuning != kernel.Tuning{}:
		e.tuning = e.cfg.Tuning
	case e.untune || e.dev.Info().Kind == gpu.KindCPU:
		e.tuning = kernel.TuningForModel(e.dev.Info(), e.Manifest.Config.Dim)
	default:
		e.tuning, _, err = Tune(ctx, e.dev, e.Manifest, e.cfg)
		e.untune = errors.Is(err, gpu.ErrDeviceLost)
	}
	return err
}

func openTokenizer(ctx context.Context, src weights.Source, man *weights.Manifest) (*tokenizer.Tokenizer, error) {
	file, err := src.Tokenizer(ctx)
	if err != nil {
		return nil, err
	}
	tok, err := tokenizer.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: pack the model again with the tokenizer that belongs to it", man.Tokenizer.File, err)
	}
	if tok.VocabSize() != man.Config.VocabSize {
		return nil, fmt.Errorf("%s: has %d pieces and the model %d: pack the model again with the tokenizer that belongs to it",
			man.Tokenizer.File, tok.VocabSize(), man.Config.VocabSize)
	}
	return tok, nil
}

// Close frees what the engine has on the device.
func (e *Engine) Close() { e.model.Close() }

// CompileAll waits for the kernels that are compiled behind the first answers, so that what
// is measured afterwards is what lasts.
func (e *Engine) CompileAll(ctx context.Context) error { return e.model.CompileAll(ctx) }

// Context is the longest conversation, in tokens.
func (e *Engine) Context() int { return e.model.Context }

// KVFormat is how keys and values are kept.
func (e *Engine) KVFormat() kernel.KVFormat { return e.model.Cache().Format() }

// Tuning has the variants of kernels that are in use.
func (e *Engine) Tuning() kernel.Tuning { return e.tuning }

// DispatchesPerToken is the number of dispatches of one decoding step.
func (e *Engine) DispatchesPerToken() int { return e.model.DispatchesPerToken() }

// isEnd reports whether a token ends an answer.
func (e *Engine) isEnd(id int32) bool { return slices.Contains(e.Manifest.Config.EOS, int(id)) }

// recovered turns a panic, always a bug of ours, into an error at the boundary.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("internal error: %v", p)
	}
}

// Counters are the device's.
func (e *Engine) Counters() gpu.Counters { return e.dev.Counters() }
