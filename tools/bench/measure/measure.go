// Package measure times an engine on a device. It is the same on every platform, so
// that native and browser figures can stand side by side.
package measure

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"mixtab/engine"
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/sample"
	"mixtab/engine/weights"
)

// Config says what to run.
type Config struct {
	IDs    []int32 // the prompt; nil: Prompt made-up ids
	Prompt int     // tokens
	Gen    int     // tokens to generate
	Runs   int     // the fastest counts; the first also warms the device up
}

// A Result is what bench prints as JSON.
type Result struct {
	Device             string  `json:"device"` // "ref", "native" or "browser"
	Adapter            string  `json:"adapter"`
	Pack               string  `json:"pack"`
	Format             string  `json:"format"`
	Layers             int     `json:"layers"`
	PromptTokens       int     `json:"prompt_tokens"`
	OpenSeconds        float64 `json:"open_s"`
	PrefillTokS        float64 `json:"prefill_tok_s"`
	DecodeTokS         float64 `json:"decode_tok_s"`
	FirstTokenSeconds  float64 `json:"first_token_s"`   // prefill and the first sample
	Tokens             []int32 `json:"tokens"`          // greedy
	BytesPerToken      int64   `json:"bytes_per_token"` // weights and keys and values that a decoded token reads
	CopyGBs            float64 `json:"copy_gb_s"`       // of the copy kernel: bytes read plus written
	BandwidthShare     float64 `json:"bandwidth_share"` // bytes read per second over CopyGBs
	DispatchesPerToken int     `json:"dispatches_per_token"`
	DispatchesPerLayer float64 `json:"dispatches_per_layer"`
	HostCallsPerToken  float64 `json:"host_calls_per_token"` // Go↔JS crossings in the browser
	GPUBytes           uint64  `json:"gpu_bytes"`
	GoHeapBytes        uint64  `json:"go_heap_bytes"` // held from the system: WebAssembly memory in the browser
}

// Run opens the pack and measures it.
func Run(ctx context.Context, dev gpu.Device, src weights.Source, c Config, progress func(loaded, total int64)) (Result, error) {
	copyGBs, err := CopyBandwidth(ctx, dev)
	if err != nil {
		return Result{}, err
	}
	raw, err := src.Manifest(ctx)
	if err != nil {
		return Result{}, err
	}
	man, err := weights.ParseManifest(raw)
	if err != nil {
		return Result{}, err
	}
	if c.IDs == nil {
		c.IDs = prompt(c.Prompt, man.Config.VocabSize)
	}
	start := time.Now()
	e, err := engine.Open(ctx, dev, src, engine.Config{Context: len(c.IDs) + c.Gen, Progress: progress})
	if err != nil {
		return Result{}, err
	}
	defer e.Close()
	r := Result{
		Device: dev.Info().Driver, Adapter: dev.Info().Adapter, Pack: man.Name, Format: man.Format.String(), Layers: man.Config.NLayers,
		PromptTokens: len(c.IDs), OpenSeconds: time.Since(start).Seconds(), CopyGBs: copyGBs,
		BytesPerToken: bytesPerToken(man, len(c.IDs)+c.Gen/2), DispatchesPerToken: e.DispatchesPerToken(),
		DispatchesPerLayer: float64(e.DispatchesPerToken()) / float64(man.Config.NLayers), GPUBytes: dev.Counters().BytesHeld,
	}
	for range c.Runs {
		if err := r.once(ctx, dev, e, c); err != nil {
			return Result{}, err
		}
	}
	r.BandwidthShare = r.DecodeTokS * float64(r.BytesPerToken) / 1e9 / copyGBs
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	r.GoHeapBytes = mem.Sys
	return r, nil
}

// once generates greedily from an empty cache and keeps the better figures.
func (r *Result) once(ctx context.Context, dev gpu.Device, e *engine.Engine, c Config) error {
	e.Forget()
	var tokens []int32
	start := time.Now()
	var first time.Time
	var before gpu.Counters
	for id, err := range e.Generate(ctx, c.IDs, sample.Config{}) {
		if err != nil {
			return err
		}
		if len(tokens) == 0 {
			first, before = time.Now(), dev.Counters()
		}
		if tokens = append(tokens, id); len(tokens) == c.Gen {
			break
		}
	}
	if len(tokens) < c.Gen {
		return fmt.Errorf("measure: %d tokens came instead of %d", len(tokens), c.Gen)
	}
	if r.Tokens != nil && !slices.Equal(r.Tokens, tokens) {
		return fmt.Errorf("measure: greedy tokens differ between two runs: %v and %v", r.Tokens, tokens)
	}
	r.Tokens = tokens
	prefill, decode := first.Sub(start).Seconds(), time.Since(first).Seconds()
	if s := float64(len(c.IDs)) / prefill; s > r.PrefillTokS {
		r.PrefillTokS, r.FirstTokenSeconds = s, prefill
	}
	if steps := float64(c.Gen - 1); steps > 0 {
		r.DecodeTokS = max(r.DecodeTokS, steps/decode)
		r.HostCallsPerToken = float64(dev.Counters().HostCalls-before.HostCalls) / steps
	}
	return nil
}

// prompt is n ids spread over the vocabulary, the same in every run.
func prompt(n, vocab int) []int32 {
	ids := make([]int32, n)
	x := uint32(1)
	for i := range ids {
		x = x*1664525 + 1013904223
		ids[i] = int32(3 + uint64(x)*uint64(vocab-3)>>32)
	}
	return ids
}

// bytesPerToken is what a decoded token at a position reads: every matrix of every
// layer, but only the chosen experts, the head, one row of the embedding, and the keys
// and values so far.
func bytesPerToken(man *weights.Manifest, position int) int64 {
	c := man.Config
	var n int64
	for i := range man.Tensors {
		t := &man.Tensors[i]
		switch {
		case t.Name == weights.Embed:
			n += t.Bytes() / int64(t.Rows())
		case weights.IsExpert(t.Name):
			n += t.Bytes() * int64(c.NExpertsPerTok) / int64(c.NExperts)
		default:
			n += t.Bytes()
		}
	}
	return n + int64(c.NLayers)*int64(position)*int64(2*c.NKVHeads*c.HeadDim*4)
}

// CopyBandwidth times the copy kernel on buffers too large for caches: bytes read plus
// written a second, in GB/s.
func CopyBandwidth(ctx context.Context, dev gpu.Device) (float64, error) {
	size := min(64<<20, dev.Info().Limits.MaxStorageBufferBindingSize)
	var buffers [2]gpu.Binding
	for i := range buffers {
		b, err := dev.NewBuffer(ctx, "bandwidth", gpu.Storage, size)
		if err != nil {
			return 0, fmt.Errorf("measure: %w", err)
		}
		defer b.Release()
		buffers[i] = gpu.Binding{Buffer: b}
	}
	pipelines := kernel.NewPipelines(dev)
	defer pipelines.Close()
	call := kernel.Copy(kernel.TuningFor(dev.Info()), buffers[0], buffers[1], size)
	const repeat = 4
	prog, err := pipelines.Compile(ctx, "bandwidth", slices.Repeat([]kernel.Call{call}, repeat))
	if err != nil {
		return 0, fmt.Errorf("measure: %w", err)
	}
	best := time.Duration(1<<63 - 1)
	for range 4 { // the first warms up
		start := time.Now()
		if err := dev.Submit(prog); err != nil {
			return 0, fmt.Errorf("measure: %w", err)
		}
		if err := gpu.ReadInto(ctx, dev, buffers[1].Buffer, 0, make([]byte, 4)); err != nil {
			return 0, fmt.Errorf("measure: %w", err)
		}
		best = min(best, time.Since(start))
	}
	return float64(2*size*repeat) / best.Seconds() / 1e9, nil
}
