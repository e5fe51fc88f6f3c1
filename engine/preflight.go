package engine

import (
	"context"
	"fmt"

	"mixtab/engine/experts"
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/mixtral"
	"mixtab/engine/weights"
)

// A Report is what Preflight finds out about a pack on a device, before anything is loaded.
type Report struct {
	Adapter string `json:"adapter"`

	// What is needed.
	StoreBytes    int64 `json:"store_bytes"`    // the pack's shards
	ResidentBytes int64 `json:"resident_bytes"` // weights that every token needs, on the device
	CacheBytes    int64 `json:"cache_bytes"`    // keys and values of the longest conversation, where nobody asks for a length
	ExpertBytes   int64 `json:"expert_bytes"`   // the slots that the budget buys, on the device

	// What there is. GB/s of the copy are bytes read plus written.
	GrantedBytes int64   `json:"granted_bytes"` // of ExpertBytes, what the device gave when it was asked
	CopyGBs      float64 `json:"copy_gb_s"`
	LoadGBs      float64 `json:"load_gb_s"`       // of an expert, store to device
	FirstLoadGBs float64 `json:"first_load_gb_s"` // of one that nobody has read before

	// How it would run.
	Regime         Regime `json:"regime"`
	Slots          int    `json:"expert_slots"`
	SmallestBudget int64  `json:"smallest_budget_bytes"`

	// How fast, in seconds a token and tokens a second.
	ComputeSeconds float64 `json:"compute_s_per_token"`
	WaitSeconds    float64 `json:"wait_s_per_token"` // for experts
	HitRate        float64 `json:"expert_hit_rate"`  // that the routing of expectedHitRate leads to
	TokensPerSec   float64 `json:"tok_s"`
}

// A Regime is how the experts lie on the device.
type Regime string

const (
	RegimeResident Regime = "resident" // all of them, always
	RegimeSlots    Regime = "slots"    // each layer has some slots
	RegimePool     Regime = "pool"     // all layers share some slots
	RegimeTooSmall Regime = "too small"
)

// Preflight says in a second or two what a pack needs at an expert budget in bytes (0: all
// experts), what the device and the store give, and how fast decoding will be, to within
// a factor of two. The device holds some experts for that, or the budget, for a moment.
func Preflight(ctx context.Context, dev gpu.Device, src weights.Source, man *weights.Manifest, budget int64) (r Report, err error) {
	defer recovered(&err)
	shape, resident := sizes(man)
	r = Report{
		Adapter: dev.Info().Adapter, StoreBytes: man.Bytes(), ResidentBytes: resident,
		CacheBytes: cacheBytes(man.Config, kernel.TuningFor(dev.Info()).KVFormat()), SmallestBudget: smallestBudget(shape),
	}
	gate, _ := man.Tensor(weights.Expert(0, 0, weights.Gate)) // ParseManifest has seen it
	bindable := bindableSlots(dev.Info().Limits, gate)
	if bindable == 0 {
		return r, fmt.Errorf("one %s matrix of an expert, %d bytes, does not fit the adapter's largest binding (%d bytes): pack the model in a smaller format",
			gate.Format, gate.Bytes(), dev.Info().Limits.MaxStorageBufferBindingSize)
	}
	if most := int64(2*bindable*shape.Layers) * shape.Bytes; budget == 0 || budget > most {
		budget = most // as Open does
	}
	layout, err := experts.NewLayout(shape, budget)
	if err != nil {
		r.Regime = RegimeTooSmall
		return r, nil
	}
	r.ExpertBytes = layout.Bytes()
	if r.CopyGBs, err = CopyBandwidth(ctx, dev, probeTime); err != nil {
		return r, err
	}
	both := layout.PerLayer == nil || layout.PerLayer[0] > bindable
	p := probe{dev: dev, src: src, man: man, topK: shape.TopK, both: both}
	if err := p.run(ctx); err != nil {
		return r, err
	}
	r.LoadGBs, r.FirstLoadGBs = p.load/1e9, p.firstLoad/1e9
	if r.GrantedBytes, err = grant(ctx, dev, r.ExpertBytes); err != nil {
		return r, err
	}
	if r.GrantedBytes < r.ExpertBytes { // Open will leave an eighth of it to others
		if layout, err = experts.NewLayout(shape, r.GrantedBytes-r.GrantedBytes/8); err != nil {
			return r, fmt.Errorf("the GPU gives %d MB for experts: %w: close other programs that use it", r.GrantedBytes/1e6, err)
		}
	}
	r.estimate(man, layout, p.costs)
	return r, nil
}

// sizes are those of the experts, and of everything else together.
func sizes(man *weights.Manifest) (shape experts.Shape, resident int64) {
	c := man.Config
	shape = experts.Shape{Layers: c.NLayers, Experts: c.NExperts, TopK: c.NExpertsPerTok}
	for i := range man.Tensors {
		switch t := &man.Tensors[i]; {
		case !weights.IsExpert(t.Name):
			resident += t.Bytes()
		case t.Name == weights.Expert(0, 0, weights.Gate), t.Name == weights.Expert(0, 0, weights.Up), t.Name == weights.Expert(0, 0, weights.Down):
			shape.Bytes += (t.Bytes() + 255) &^ 255
		}
	}
	return shape, resident
}

// bindableSlots is how many slots of an expert's matrix one binding takes; kernels have two.
func bindableSlots(limits gpu.Limits, matrix *weights.Tensor) int {
	return min(limits.MaxStorageBufferBindingSize, limits.MaxBufferSize) / (int(matrix.Bytes()+255) &^ 255)
}

// cacheBytes is what keys and values take where nobody asks for a length.
func cacheBytes(c weights.Config, format kernel.KVFormat) int64 {
	return mixtral.CacheBytes(c, format, mixtral.ContextLength(c, format, 0))
}

// smallestBudget is the least that works.
func smallestBudget(shape experts.Shape) int64 {
	for n := int64(1); ; n++ {
		if _, err := experts.NewLayout(shape, n*shape.Bytes); err == nil {
			return n * shape.Bytes
		}
	}
}

// costs are what the device and the store take for the parts of a token's work.
type costs struct {
	weight    float64 // seconds for a weight in a matrix-vector product
	dispatch  float64 // seconds for one that does next to nothing
	roundTrip float64 // seconds from a submit until its result is with the host
	load      float64 // bytes a second of an expert, store to device
	firstLoad float64 // the same of one that nobody has read before
}

// dispatchesPerLayer is how many a decoded token has in a layer.
const dispatchesPerLayer = 7

// estimate fills in how fast a layout runs. A token costs its weights and its dispatches.
// Where experts are missing, it stands still while they are loaded and while the host
// hears of it, which costs about two round trips; and half of its dispatches, on average,
// ran empty behind the layer that waits. Those of the token after it do so while experts
// come. Keys and values are left out: they matter in long conversations only.
func (r *Report) estimate(man *weights.Manifest, l experts.Layout, c costs) {
	var matrix, parts float64
	for i := range man.Tensors {
		t := &man.Tensors[i]
		n := float64(t.Rows()) * float64(t.Cols())
		switch {
		case weights.IsExpert(t.Name):
			matrix += n * float64(l.TopK) / float64(l.Experts)
		case t.Name == weights.Embed:
			parts += float64(len(t.Parts))
		case t.Name == weights.LMHead:
			matrix += n
			parts += float64(len(t.Parts))
		default:
			matrix += n
		}
	}
	dispatches := float64(l.Layers*dispatchesPerLayer) + parts + 2 // the norm and the sampling
	r.ComputeSeconds = matrix*c.weight + dispatches*c.dispatch + c.roundTrip
	r.Slots, r.HitRate = l.Slots(), expectedHitRate(l)
	uses := float64(l.Layers * l.TopK)
	loads := uses * (1 - r.HitRate)
	stops := min(loads, float64(l.Layers))
	stop := 2 * c.roundTrip
	switch {
	case l.Resident():
		r.Regime, stops = RegimeResident, 0
	case l.PerLayer != nil:
		r.Regime = RegimeSlots
		stop += dispatches / 2 * c.dispatch
	default:
		r.Regime, stops = RegimePool, float64(l.Layers) // nothing is queued behind a layer
	}
	r.WaitSeconds = loads*float64(l.Shape.Bytes)/c.load + stops*stop
	r.TokensPerSec = 1 / (r.ComputeSeconds + r.WaitSeconds)
}

// expectedHitRate replays tokens whose experts follow Zipf's law with an exponent of 1, and
// of which three in ten repeat one of the token before: docs/PERFORMANCE.md has more such
// figures, and those of other routings, which are down to 30 points lower.
func expectedHitRate(l experts.Layout) float64 {
	if l.Resident() {
		return 1
	}
	trace := experts.Synthetic{Tokens: 128, Zipf: 1, Reuse: 0.3, Seed: 1}.Trace(l.Shape)
	return experts.Replay(trace, l, experts.Default(l)).HitRate()
}
