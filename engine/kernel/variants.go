package kernel

import "mixtab/engine/gpu"

// This file is the table of products. Which one an adapter takes is measured
// (engine/tune.go); kerneltest runs every kernel in the first of each way to share and each
// arithmetic, so those of gpuTuning come first.

// DecodeVariants are the ways to multiply one vector that an adapter can.
func DecodeVariants(info gpu.Info) []Product {
	var all []Product
	for _, a := range arithmetics(info) {
		for _, rows := range []int{4, 8} {
			all = append(all, Product{Sharing: Thread, Arithmetic: a, WG: 16, Team: 1, Rows: rows, Tile: 1})
		}
		for _, size := range []struct{ wg, team, rows int }{{64, 64, 4}, {64, 64, 2}, {64, 64, 8}, {128, 32, 4}, {256, 256, 4}} {
			all = append(all, Product{Sharing: Shared, Arithmetic: a, WG: size.wg, Team: size.team, Rows: size.rows, Tile: 1})
		}
		if size := info.Features.SubgroupSize; size > 0 {
			for _, rows := range []int{2, 4, 8} {
				all = append(all, Product{Sharing: Subgroup, Arithmetic: a, WG: size, Team: size, Rows: rows, Tile: 1})
			}
		}
	}
	if size := info.Features.SubgroupSize; size > 0 {
		for _, rows := range []int{4, 8} {
			all = append(all, Product{Sharing: Lanes, Arithmetic: F32, WG: size, Team: 1, Rows: rows, Tile: 1})
		}
	}
	return all
}

// PrefillVariants are the ways to multiply a chunk's vectors that an adapter can.
func PrefillVariants(info gpu.Info) []Product {
	all := []Product{
		{Sharing: Thread, Arithmetic: F32, WG: 16, Team: 1, Rows: 4, Tile: 4},
		{Sharing: Thread, Arithmetic: F32, WG: 16, Team: 1, Rows: 8, Tile: 4},
		{Sharing: Tiled, Arithmetic: F32, WG: 64, Team: 8, Rows: 8, Tile: 4},
		{Sharing: Tiled, Arithmetic: F32, WG: 64, Team: 4, Rows: 4, Tile: 4},
	}
	if size := info.Features.SubgroupSize; size > 0 {
		for _, rows := range []int{4, 8} {
			all = append(all, Product{Sharing: Lanes, Arithmetic: F32, WG: size, Team: 1, Rows: rows, Tile: 8})
		}
	}
	return all
}

// arithmetics are those that the adapter's compiler knows.
func arithmetics(info gpu.Info) []Arithmetic {
	all := []Arithmetic{F32}
	if info.Features.ShaderF16 {
		all = append(all, F16)
	}
	if info.Features.PackedDot {
		all = append(all, Int8)
	}
	return all
}
