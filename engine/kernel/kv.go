package kernel

import (
	"fmt"

	"mixtab/engine/gpu"
)

// A KVFormat is how the KV cache keeps its numbers.
type KVFormat uint8

const (
	KVAuto KVFormat = iota // by the adapter, see Tuning
	KVF32
	KVF16
	KVQ8 // int8, with one binary16 scale for 32 dimensions of a position's head
)

// KVFormats are all of them.
var KVFormats = []KVFormat{KVF32, KVF16, KVQ8}

func (f KVFormat) String() string {
	switch f {
	case KVF32:
		return "f32"
	case KVF16:
		return "f16"
	case KVQ8:
		return "q8"
	}
	return ""
}

// UnmarshalText reads what String writes, for flags; nothing is KVAuto.
func (f *KVFormat) UnmarshalText(text []byte) error {
	for _, known := range append([]KVFormat{KVAuto}, KVFormats...) {
		if known.String() == string(text) {
			*f = known
			return nil
		}
	}
	return fmt.Errorf("no KV cache format is called %q; f32, f16 and q8 are", text)
}

// MarshalText is String.
func (f KVFormat) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// KVConstant names the constant that tells a CPU twin the format of the KV cache. The
// WGSL has it by import instead.
const KVConstant = "KV_FORMAT"

// scaled is how many dimensions of a head share a scale.
const scaled = 32

// KBytes is what the keys of so many positions take, with the scales of both.
func (f KVFormat) KBytes(context int, h Heads) int {
	if f == KVQ8 {
		return f.VBytes(context, h) + 4*context*h.NKVHeads*ceilDiv(h.HeadDim, scaled)
	}
	return f.VBytes(context, h)
}

// VBytes is what the values of so many positions take.
func (f KVFormat) VBytes(context int, h Heads) int {
	size := map[KVFormat]int{KVF32: 4, KVF16: 2, KVQ8: 1}[f]
	return context * h.NKVHeads * h.HeadDim * size
}

// A KV is a layer's KV cache on the device, CACHE[context, nKVHeads, headDim] as
// shaders/lib/kv_<format>.wgsl reads it.
type KV struct {
	Format  KVFormat
	K, V    gpu.Binding
	Context int // positions
}

// scales is where q8's scales begin in K, in steps of eight bytes.
func (kv KV) scales(h Heads) uint32 {
	if kv.Format != KVQ8 {
		return 0
	}
	return uint32(kv.Format.VBytes(kv.Context, h) / 8)
}

// KVQuantiseParams is kv_quantise.wgsl's Params.
type KVQuantiseParams struct{ NKVHeads, Scales uint32 }

// KVQuantise writes what QKV left for it into a cache of q8, at the tokens' positions.
//
//	newK, newV f32[n, nKVHeads, headDim], state → k, v q8[context, nKVHeads, headDim]
func KVQuantise(t Tuning, newK, newV, state gpu.Binding, kv KV, n int, h Heads) Call {
	return Call{
		stem:     "kv_quantise",
		consts:   []gpu.Constant{{Name: "WG", Value: uint32(t.RowWG)}, {Name: "HEAD_DIM", Value: uint32(h.HeadDim)}},
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.Read, gpu.ReadWrite, gpu.ReadWrite},
		bindings: []gpu.Binding{newK, newV, state, kv.K, kv.V},
		params:   KVQuantiseParams{NKVHeads: uint32(h.NKVHeads), Scales: kv.scales(h)},
		grid:     [3]int{ceilDiv(h.NKVHeads*ceilDiv(h.HeadDim, scaled), t.RowWG), n, 1},
		work:     numbersWork(0, n, h.NKVHeads*h.HeadDim*5/2, 0),
	}
}
