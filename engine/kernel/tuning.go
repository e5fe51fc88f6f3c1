package kernel

import "mixtab/engine/gpu"

// Tuning holds the variants and the numbers that kernels are compiled with. They change
// speed, never results beyond rounding.
type Tuning struct {
	Decode      Product // of one token's vector, or a few
	Prefill     Product // of a chunk
	RowWG       int     // threads of a workgroup in kernels whose threads have numbers of their own
	ReduceWG    int     // threads of a workgroup that reduces one token's vector
	AttentionWG int     // threads of an attention workgroup
	SampleWG    int     // threads of the one workgroup that samples
	Chunk       int     // tokens of a prefill chunk

	Attention AttentionVariant
	KV        KVFormat // where nobody asks for one; KVAuto is KVF32
}

// product is that of a pass of at most n tokens.
func (t Tuning) product(n int) Product {
	if n == 1 {
		return t.Decode.one()
	}
	return t.Prefill
}

// cpuTuning is for SwiftShader and lavapipe: few wide threads, dear barriers, and dear
// loads, which more rows to a thread share. lavapipe (Mesa 22) also ends a thread's loops,
// all together, after 65,535 iterations: sampling from 32,000 tokens stays below that only
// if enough threads share them.
var cpuTuning = Tuning{
	Decode:  Product{Sharing: Thread, Arithmetic: F32, WG: 16, Team: 1, Rows: 4, Tile: 1},
	Prefill: Product{Sharing: Thread, Arithmetic: F32, WG: 16, Team: 1, Rows: 8, Tile: 4},
	RowWG:   16, ReduceWG: 16, AttentionWG: 16, SampleWG: 64, Chunk: 64,
	Attention: ByThread, KV: KVF32,
}

var gpuTuning = Tuning{
	Decode:  Product{Sharing: Shared, Arithmetic: F32, WG: 64, Team: 64, Rows: 4, Tile: 1},
	Prefill: Product{Sharing: Tiled, Arithmetic: F32, WG: 64, Team: 8, Rows: 8, Tile: 4},
	RowWG:   64, ReduceWG: 128, AttentionWG: 64, SampleWG: 256, Chunk: 256,
	Attention: ByTeam, KV: KVF16,
}

// KVFormat is the format of the KV cache where nobody asks for one.
func (t Tuning) KVFormat() KVFormat {
	if t.KV == KVAuto {
		return KVF32
	}
	return t.KV
}

// TuningFor is the tuning for an adapter.
func TuningFor(info gpu.Info) Tuning {
	if info.Kind != gpu.KindCPU {
		return gpuTuning
	}
	t := cpuTuning
	if info.Features.SubgroupSize == swiftShader {
		t.Decode = Product{Sharing: Lanes, Arithmetic: F32, WG: 4, Team: 1, Rows: 4, Tile: 1}
		t.Prefill = Product{Sharing: Lanes, Arithmetic: F32, WG: 4, Team: 1, Rows: 8, Tile: 8}
		// A workgroup runs on one core, by subgroups: of one it has no barrier to stop at, and
		// little workgroup memory, of which each vec4 takes 4 ms to compile.
		t.ReduceWG, t.SampleWG = swiftShader, swiftShader
	}
	return t
}

// swiftShader is the size of its subgroups. Loads are dearer there than anywhere, and dearer
// than broadcasts.
const swiftShader = 4

// wide is from how many columns on CPU adapters may take seconds to compile a kernel.
const wide = 1024

// TuningForModel is the tuning for an adapter and a model of so many columns. On CPU
// adapters what a product's loads cost falls with the size of its blocks, and what it costs
// to compile rises: a small model is done before that pays.
func TuningForModel(info gpu.Info, dim int) Tuning {
	t := TuningFor(info)
	if info.Kind != gpu.KindCPU || dim < wide {
		return t
	}
	t.Decode.Rows = 8
	t.Prefill.Rows, t.Prefill.Tile = 16, 8
	if t.Prefill.Sharing == Lanes {
		t.Prefill.Tile = 16
	}
	return t
}
