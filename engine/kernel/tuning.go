package kernel

import "mixtab/engine/gpu"

// Tuning holds the numbers that kernels are compiled with. They change speed, never
// results beyond rounding.
type Tuning struct {
	RowWG       int // threads of a workgroup in kernels whose threads have rows of weights
	Rows        int // rows of weights of a thread; even, as RoPE rotates pairs
	ReduceWG    int // threads of a workgroup that reduces one token's vector
	AttentionWG int // threads of an attention workgroup, and positions of one tile
	SampleWG    int // threads of the one workgroup that samples
	Tile        int // tokens that a thread of a prefill matmul serves at once
	Chunk       int // tokens of a prefill chunk
}

// tunings is the table of variants by sort of adapter. CPU adapters (SwiftShader,
// lavapipe) have few wide threads, dear barriers, and dear loads, which more rows to a
// thread share. lavapipe (Mesa 22) also ends a
// thread's loops, all together, after 65,535 iterations: sampling from 32,000 tokens
// stays below that only if enough threads share them.
var tunings = map[gpu.Kind]Tuning{
	gpu.KindCPU: {RowWG: 16, Rows: 4, ReduceWG: 16, AttentionWG: 32, SampleWG: 128, Tile: 8, Chunk: 64},
}

var defaultTuning = Tuning{RowWG: 64, Rows: 2, ReduceWG: 128, AttentionWG: 64, SampleWG: 256, Tile: 8, Chunk: 128}

// TuningFor is the tuning for an adapter.
func TuningFor(info gpu.Info) Tuning {
	if t, ok := tunings[info.Kind]; ok {
		return t
	}
	return defaultTuning
}
