// Package measure times an engine on a device. It is the same on every platform, so
// that native and browser figures can stand side by side.
package measure

import (
	"context"
	"fmt"
	"slices"
	"time"

	"mixtab/engine"
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/mixtral"
	"mixtab/engine/profile"
	"mixtab/engine/weights"
)

// Config says what to run.
type Config struct {
	IDs    []int32 // the prompt; nil: Prompt made-up ids
	Prompt int     // tokens
	Gen    int     // tokens to generate
	Runs   int     // the fastest counts; the first also warms the device up

	Context      int   // as engine.Config's; 0: as long as prompt and tokens need
	ExpertBudget int64 // as engine.Config's
	Lazy         bool  // as engine.Config's

	KV         kernel.KVFormat   // as engine.Config's
	Arithmetic kernel.Arithmetic // as engine.Config's
	Tune       bool              // measure variants of kernels even where a CPU plays the GPU

	Speculate int // after the runs, as many with drafts of so many tokens

	// Routing is told the experts of every token, layer by layer; nil: nobody is.
	Routing func(mixtral.Routing)

	Profile bool // after the runs, one more with every dispatch timed
}

// A Result is what bench prints as JSON.
type Result struct {
	Device             string          `json:"device"` // "ref", "native" or "browser"
	Adapter            string          `json:"adapter"`
	Pack               string          `json:"pack"`
	Format             string          `json:"format"`
	Layers             int             `json:"layers"`
	KVFormat           kernel.KVFormat `json:"kv_format"`
	Tuning             Tuning          `json:"tuning"`
	PromptTokens       int             `json:"prompt_tokens"`
	OpenSeconds        float64         `json:"open_s"`
	PrefillTokS        float64         `json:"prefill_tok_s"`
	DecodeTokS         float64         `json:"decode_tok_s"`
	FirstTokenSeconds  float64         `json:"first_token_s"`   // prefill and the first sample
	Tokens             []int32         `json:"tokens"`          // greedy
	BytesPerToken      int64           `json:"bytes_per_token"` // weights and keys and values that a decoded token reads
	CopyGBs            float64         `json:"copy_gb_s"`       // of the copy kernel: bytes read plus written
	BandwidthShare     float64         `json:"bandwidth_share"` // bytes read per second over CopyGBs
	DispatchMicros     float64         `json:"dispatch_us"`     // of an empty dispatch in a long program
	BoundTokS          float64         `json:"bound_tok_s"`     // 1 / (bytes per token / CopyGBs + dispatches per token · DispatchMicros)
	BoundShare         float64         `json:"bound_share"`     // DecodeTokS over BoundTokS
	DispatchesPerToken int             `json:"dispatches_per_token"`
	DispatchesPerLayer float64         `json:"dispatches_per_layer"`
	HostCallsPerToken  float64         `json:"host_calls_per_token"` // Go↔JS crossings in the browser
	ReadbackPerToken   float64         `json:"readback_bytes_per_token"`
	SubmitsPerToken    float64         `json:"submits_per_token"`

	ExpertBudgetBytes    int64   `json:"expert_budget_bytes"` // that was given, or what all experts take
	ExpertSlots          int     `json:"expert_slots"`
	SharedPool           bool    `json:"shared_pool"`
	ExpertHitRate        float64 `json:"expert_hit_rate"` // of decoded tokens
	ExpertBytesPerToken  float64 `json:"expert_bytes_per_token"`
	ExpertWaitMsPerToken float64 `json:"expert_wait_ms_per_token"`

	GPUBytes     uint64 `json:"gpu_bytes"`                // held at the end
	GoHeapBytes  uint64 `json:"go_heap_bytes"`            // held from the system: WebAssembly memory in the browser
	PeakRSSBytes int64  `json:"peak_rss_bytes,omitempty"` // natively: RssAnon + RssShmem
	MappedBytes  int64  `json:"mapped_bytes,omitempty"`   // natively: RssFile, at most
	JSHeapBytes  int64  `json:"js_heap_bytes,omitempty"`  // in the browser, without the WebAssembly memory

	Speculation *Speculation `json:"speculation,omitempty"`

	Profile *Profile `json:"profile,omitempty"`
}

// A Speculation is how decoding goes with prompt lookup. The tokens are the same.
type Speculation struct {
	Length     int     `json:"length"` // of a draft
	DecodeTokS float64 `json:"decode_tok_s"`
	Drafted    int     `json:"drafted"`  // in a run
	Accepted   int     `json:"accepted"` // of them
	Off        string  `json:"off,omitempty"`
}

// memory is in bytes.
type memory struct {
	peak   int64 // of what is the process's own: RssAnon + RssShmem
	mapped int64 // files at most: RssFile
	js     int64 // JavaScript's, in the browser
}

// Run opens the pack and measures it.
func Run(ctx context.Context, dev gpu.Device, src weights.Source, c Config, progress func(loaded, total int64)) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	gauge := startGauge(ctx)
	copyGBs, err := engine.CopyBandwidth(ctx, dev, time.Second/2)
	if err != nil {
		return Result{}, err
	}
	dispatch, err := engine.EmptyDispatch(ctx, dev, time.Second/4)
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
	var profiled *profile.Device
	if c.Profile {
		if profiled, err = profile.Wrap(dev); err != nil {
			return Result{}, err
		}
		dev = profiled
	}
	cfg := engine.Config{
		Context: max(c.Context, len(c.IDs)+c.Gen), KV: c.KV, Arithmetic: c.Arithmetic, ExpertBudget: c.ExpertBudget, Lazy: c.Lazy, Progress: progress,
	}
	var tuning Tuning
	if cfg.Tuning, err = tuning.choose(ctx, dev, man, cfg, c.Tune); err != nil {
		return Result{}, err
	}
	start := time.Now()
	e, err := engine.Open(ctx, dev, src, cfg)
	if err != nil {
		return Result{}, err
	}
	defer e.Close()
	r := Result{
		Device: dev.Info().Driver, Adapter: dev.Info().Adapter, Pack: man.Name, Format: man.Format.String(), Layers: man.Config.NLayers,
		PromptTokens: len(c.IDs), OpenSeconds: time.Since(start).Seconds(), CopyGBs: copyGBs,
		KVFormat: e.KVFormat(), Tuning: tuning,
		BytesPerToken: bytesPerToken(man, e.KVFormat(), len(c.IDs)+c.Gen/2), DispatchesPerToken: e.DispatchesPerToken(),
		DispatchesPerLayer: float64(e.DispatchesPerToken()) / float64(man.Config.NLayers),
		ExpertBudgetBytes:  c.ExpertBudget, ExpertSlots: e.ExpertStats().Slots, SharedPool: e.ExpertStats().SharedPool,
	}
	if c.ExpertBudget == 0 {
		r.ExpertBudgetBytes = e.ExpertStats().BudgetBytes
	}
	if err := e.CompileAll(ctx); err != nil {
		return Result{}, err
	}
	for range c.Runs {
		if err := r.once(ctx, dev, e, c, &engine.Drafts{}); err != nil {
			return Result{}, err
		}
	}
	if c.Speculate > 0 {
		if err := r.speculate(ctx, dev, e, c); err != nil {
			return Result{}, err
		}
	}
	r.bound(dispatch)
	r.GPUBytes, r.GoHeapBytes = dev.Counters().BytesHeld, goHeap()
	m, err := gauge.read(ctx)
	if err != nil {
		return Result{}, err
	}
	r.PeakRSSBytes, r.MappedBytes, r.JSHeapBytes = m.peak, m.mapped, m.js
	if c.Profile {
		r.Profile, err = profileRun(ctx, profiled, e, c, copyGBs)
	}
	return r, err
}

// speculate does the runs again, with drafts.
func (r *Result) speculate(ctx context.Context, dev gpu.Device, e *engine.Engine, c Config) error {
	with := Result{Tokens: r.Tokens}
	var drafts engine.Drafts
	for range c.Runs {
		drafts = engine.Drafts{Length: c.Speculate}
		if err := with.once(ctx, dev, e, c, &drafts); err != nil {
			return err
		}
	}
	r.Speculation = &Speculation{c.Speculate, with.DecodeTokS, drafts.Drafted, drafts.Accepted, drafts.Off}
	return nil
}

// once generates greedily from an empty cache and keeps the better figures.
func (r *Result) once(ctx context.Context, dev gpu.Device, e *engine.Engine, c Config, drafts *engine.Drafts) error {
	e.Forget()
	var tokens []int32
	start := time.Now()
	var first time.Time
	var before gpu.Counters
	var expertsBefore engine.ExpertStats
	for token, err := range e.Tokens(ctx, engine.Generation{Prompt: c.IDs, Drafts: drafts, Watch: mixtral.Watch{Routing: c.Routing}}) {
		if err != nil {
			return err
		}
		if len(tokens) == 0 {
			first, before, expertsBefore = time.Now(), dev.Counters(), e.ExpertStats()
		}
		if tokens = append(tokens, token.ID); len(tokens) == c.Gen {
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
	if steps := float64(c.Gen - 1); steps > 0 && steps/decode > r.DecodeTokS {
		r.DecodeTokS = steps / decode
		r.perToken(steps, before, dev.Counters(), expertsBefore, e.ExpertStats())
	}
	return nil
}

// bound holds decoding against what the memory and the dispatches of a token take at least.
func (r *Result) bound(dispatch time.Duration) {
	memory := float64(r.BytesPerToken) / 1e9 / r.CopyGBs
	r.BandwidthShare = r.DecodeTokS * memory
	r.DispatchMicros = dispatch.Seconds() * 1e6
	r.BoundTokS = 1 / (memory + float64(r.DispatchesPerToken)*dispatch.Seconds())
	r.BoundShare = r.DecodeTokS / r.BoundTokS
}

// perToken spreads over the decoded tokens what they took.
func (r *Result) perToken(steps float64, before, after gpu.Counters, expertsBefore, expertsAfter engine.ExpertStats) {
	r.HostCallsPerToken = float64(after.HostCalls-before.HostCalls) / steps
	r.SubmitsPerToken = float64(after.Submits-before.Submits) / steps
	r.ReadbackPerToken = float64(after.BytesRead-before.BytesRead) / steps
	r.ExpertHitRate = 1
	if uses := expertsAfter.Uses - expertsBefore.Uses; uses > 0 {
		r.ExpertHitRate = 1 - float64(expertsAfter.Loads-expertsBefore.Loads)/float64(uses)
	}
	r.ExpertBytesPerToken = float64(expertsAfter.LoadedBytes-expertsBefore.LoadedBytes) / steps
	r.ExpertWaitMsPerToken = (expertsAfter.Wait - expertsBefore.Wait).Seconds() * 1000 / steps
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
func bytesPerToken(man *weights.Manifest, format kernel.KVFormat, position int) int64 {
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
	return n + mixtral.CacheBytes(c, format, position)
}
