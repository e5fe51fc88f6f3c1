package kernel

import "mixtab/engine/gpu"

// Tuning holds the numbers that kernels are compiled with. They change speed, never
// results beyond rounding.
type Tuning struct {
	RowWG       int // threads of a workgroup in kernels whose threads have rows of weights
	Rows        int // rows of weights of a thread; even, as RoPE rotates pairs
	ReduceWG    int // threads of a workgroup that reduces one token's vector
	AttentionWG int // threads of an attention workgroup
	SampleWG    int // threads of the one workgroup that samples
	Tile        int // tokens that a thread of a prefill matmul serves at once
	Chunk       int // tokens of a prefill chunk

	Attention AttentionVariant
	KV        KVFormat // where nobody asks for one; KVAuto is KVF32
}

// tunings is the table of variants by sort of adapter. CPU adapters (SwiftShader,
// lavapipe) have few wide threads, dear barriers, and dear loads, which more rows to a
// thread share. lavapipe (Mesa 22) also ends a
// thread's loops, all together, after 65,535 iterations: sampling from 32,000 tokens
// stays below that only if enough threads share them.
var tunings = map[gpu.Kind]Tuning{
	gpu.KindCPU: {RowWG: 16, Rows: 4, ReduceWG: 16, AttentionWG: 16, SampleWG: 128, Tile: 8, Chunk: 64, Attention: ByThread, KV: KVF32},
}

var defaultTuning = Tuning{RowWG: 64, Rows: 2, ReduceWG: 128, AttentionWG: 64, SampleWG: 256, Tile: 8, Chunk: 128, Attention: ByTeam, KV: KVF16}

// KVFormat is the format of the KV cache where nobody asks for one.
func (t Tuning) KVFormat() KVFormat {
	if t.KV == KVAuto {
		return KVF32
	}
	return t.KV
}

// TuningFor is the tuning for an adapter.
func TuningFor(info gpu.Info) Tuning {
	if t, ok := tunings[info.Kind]; ok {
		return t
	}
	return defaultTuning
}
