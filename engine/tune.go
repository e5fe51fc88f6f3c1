package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/mixtral"
	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

// Tunings keep what was measured about an adapter from one Open to the next. They may lose
// it at any time.
type Tunings interface {
	Load(ctx context.Context, key string) ([]byte, bool)
	Save(ctx context.Context, key string, value []byte)
}

// A TuningReport has the variants of kernels that were tried on an adapter. The first of
// each list is that of the table, kernel.TuningForModel.
type TuningReport struct {
	Seconds   float64                          `json:"seconds"` // that measuring took; 0: it was known
	Decode    []Timed[kernel.Product]          `json:"decode"`
	Prefill   []Timed[kernel.Product]          `json:"prefill"`
	Attention []Timed[kernel.AttentionVariant] `json:"attention"`

	// ChunkAttention is that of many tokens; a variant that is faster must be so for both.
	ChunkAttention []Timed[kernel.AttentionVariant] `json:"chunk_attention"`
}

// A Timed is a variant with what it took.
type Timed[V any] struct {
	Variant V       `json:"variant"`
	Seconds float64 `json:"seconds,omitempty"` // the shortest, of work that was the same for all
	InUse   bool    `json:"in_use,omitempty"`
	Error   string  `json:"error,omitempty"` // why it did not run
}

// Tune measures which variants of the kernels are the fastest for a pack on a device, on
// expert matrices of its shape and format, in about two seconds on a GPU. Of cfg it heeds
// Arithmetic, KV, Context and Tunings. Where something fails, the table decides; an error
// is that of a lost device or of ctx.
func Tune(ctx context.Context, dev gpu.Device, man *weights.Manifest, cfg Config) (tuning kernel.Tuning, r TuningReport, err error) {
	defer recovered(&err)
	return newTuner(dev, man, cfg).tune(ctx, cfg.Tunings)
}

// A tuner holds what the choice depends on.
type tuner struct {
	scratch
	now func() time.Time

	own     kernel.Tuning // the table's
	choice  kernel.Choice
	heads   kernel.Heads
	expert  *weights.Tensor
	qkv     quant.Format
	head    quant.Format
	rows    int // of an expert's matrix
	kv      kernel.KVFormat
	context int
	chunk   int

	decode, prefill []kernel.Product
}

func newTuner(dev gpu.Device, man *weights.Manifest, cfg Config) *tuner {
	info, c := dev.Info(), man.Config
	t := &tuner{
		scratch: scratch{dev: dev, pipelines: kernel.NewPipelines(dev)}, now: time.Now,
		own: kernel.TuningForModel(info, c.Dim), choice: kernel.Choice{Experts: c.NExperts, TopK: c.NExpertsPerTok},
		heads: kernel.Heads{NHeads: c.NHeads, NKVHeads: c.NKVHeads, HeadDim: c.HeadDim}, kv: cfg.KV,
	}
	t.expert, _ = man.Tensor(weights.Expert(0, 0, weights.Gate)) // ParseManifest has seen them
	qkv, _ := man.Tensor(weights.Layer(0, weights.QKV))
	head, _ := man.Tensor(weights.LMHead)
	t.qkv, t.head = qkv.Format, head.Format
	t.rows = t.expert.Rows()
	if bytes := t.expert.Format.Bytes(t.rows, t.expert.Cols()); bytes > matrixBytes {
		t.rows = max(1, t.rows*matrixBytes/bytes)
	}
	if t.kv == kernel.KVAuto {
		t.kv = t.own.KVFormat()
	}
	t.context = min(mostContext, mixtral.ContextLength(c, t.kv, cfg.Context))
	t.chunk = max(2, min(t.own.Chunk, t.context))
	allowed := max(1, slices.Index(kernel.Arithmetics, cfg.Arithmetic)+1)
	refused := func(p kernel.Product) bool { return !slices.Contains(kernel.Arithmetics[:allowed], p.Arithmetic) }
	t.decode = first(t.own.Decode, slices.DeleteFunc(kernel.DecodeVariants(info), refused))
	t.prefill = first(t.own.Prefill, slices.DeleteFunc(kernel.PrefillVariants(info), refused))
	return t
}

// first puts one before all others.
func first[V comparable](one V, all []V) []V {
	return append([]V{one}, slices.DeleteFunc(slices.Clone(all), func(v V) bool { return v == one })...)
}

// tune measures what is not known.
func (t *tuner) tune(ctx context.Context, known Tunings) (kernel.Tuning, TuningReport, error) {
	key := t.key()
	if known != nil {
		if value, ok := known.Load(ctx, key); ok {
			if tuning, report, ok := t.recall(value); ok {
				return tuning, report, nil
			}
		}
	}
	defer t.release()
	start := t.now()
	report, err := t.measure(ctx)
	if err != nil {
		return t.own, report, err
	}
	report.Seconds = t.now().Sub(start).Seconds()
	if value, err := json.Marshal(report); err == nil && known != nil && t.err == nil {
		known.Save(ctx, key, value)
	}
	return t.chosen(report), report, nil
}

// key names all that the choice depends on.
func (t *tuner) key() string {
	text, _ := json.Marshal(struct {
		Kernels         string // of this version
		Info            gpu.Info
		Format          quant.Format
		Rows, Cols      int
		QKV, Head       quant.Format
		Heads           kernel.Heads
		KV              kernel.KVFormat
		Context         int
		Own             kernel.Tuning
		Decode, Prefill []kernel.Product // as far as the arithmetic is allowed
		Attention       []kernel.AttentionVariant
	}{kernel.TextSum(), t.dev.Info(), t.expert.Format, t.expert.Rows(), t.expert.Cols(), t.qkv, t.head, t.heads, t.kv, t.context, t.own,
		t.decode, t.prefill, kernel.AttentionVariants})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// recall reads what tune saved.
func (t *tuner) recall(value []byte) (kernel.Tuning, TuningReport, bool) {
	var r TuningReport
	if json.Unmarshal(value, &r) != nil {
		return t.own, r, false
	}
	r.Seconds = 0
	ok := knows(r.Decode, t.decode) && knows(r.Prefill, t.prefill) && knows(r.Attention, kernel.AttentionVariants)
	return t.chosen(r), r, ok
}

// knows says whether a variant that there is, and only that one, is in use.
func knows[V comparable](list []Timed[V], all []V) bool {
	used := 0
	for _, v := range list {
		if v.InUse {
			used++
			if !slices.Contains(all, v.Variant) {
				return false
			}
		}
	}
	return used == 1
}

// chosen is the table's tuning with the variants that are in use.
func (t *tuner) chosen(r TuningReport) kernel.Tuning {
	tuning := t.own
	tuning.Decode = used(r.Decode, tuning.Decode)
	tuning.Prefill = used(r.Prefill, tuning.Prefill)
	tuning.Attention = used(r.Attention, tuning.Attention)
	return tuning
}

func used[V any](list []Timed[V], otherwise V) V {
	for _, v := range list {
		if v.InUse {
			return v.Variant
		}
	}
	return otherwise
}
