package main

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"mixtab/engine/quant"
)

// decode is what ggml makes of a row of blocks.
func decode(f quant.Format, blocks []byte) []float32 {
	var v []float32
	scale := func(b []byte) float32 { return quant.FromF16(binary.LittleEndian.Uint16(b)) }
	switch f {
	case quant.Q8:
		for ; len(blocks) > 0; blocks = blocks[34:] {
			for _, q := range blocks[2:34] {
				v = append(v, float32(int8(q))*scale(blocks))
			}
		}
	case quant.Q4:
		for ; len(blocks) > 0; blocks = blocks[18:] {
			for shift := 0; shift < 8; shift += 4 {
				for _, q := range blocks[2:18] {
					v = append(v, float32(int(q>>shift&15)-8)*scale(blocks))
				}
			}
		}
	}
	return v
}

func TestBlocks(t *testing.T) {
	const n, cols = 3, 96
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, n*cols)
	for i := range x {
		x[i] = rng.Float32() - 0.5
	}
	for _, f := range []quant.Format{quant.Q4, quant.Q8} {
		data := make([]byte, f.Bytes(n, cols))
		if err := quant.Quantise(f, data, x, n, cols); err != nil {
			t.Fatal(err)
		}
		for r := range n {
			want := make([]float32, cols)
			quant.DequantiseRows(f, want, data, n, cols, r)
			row := blocks(nil, f, data, n, cols, r)
			if len(row) != blockBytes(f, cols) {
				t.Errorf("%v: a row has %d bytes, blockBytes says %d", f, len(row), blockBytes(f, cols))
			}
			for i, got := range decode(f, row) {
				if got != want[i] {
					t.Fatalf("%v: row %d, column %d is %v, want %v", f, r, i, got, want[i])
				}
			}
		}
	}
}

// A head of 8 rows: rows 0 and 4 are rotated together, and become neighbours.
func TestRotatedRows(t *testing.T) {
	p := rows{n: 16, heads: 2, half: 4}
	want := []int{0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15}
	for i, w := range want {
		if got := p.at(i); got != w {
			t.Errorf("row %d comes from %d, want %d", i, got, w)
		}
	}
}
