package quant

import (
	"encoding/binary"
	"fmt"
	"math"
)

const infBits = 0x7f800000 // above it, without the sign: NaN

// Quantise fills dst, f.Bytes(rows, cols) long, from src [rows, cols]. A number that
// the format cannot hold is a *ValueError.
func Quantise(f Format, dst []byte, src []float32, rows, cols int) error {
	if len(src) != rows*cols {
		panic(fmt.Sprintf("quant: %d numbers for a matrix [%d, %d]", len(src), rows, cols))
	}
	return QuantiseRows(f, dst, src, rows, cols, 0)
}

// QuantiseRows fills some rows of the matrix [rows, cols] in dst: those from row0 on,
// as many as src [n, cols] holds. Rows do not depend on each other, so blocks of one
// matrix may be filled in any order and at the same time.
func QuantiseRows(f Format, dst []byte, src []float32, rows, cols, row0 int) error {
	n := check(f, len(dst), len(src), rows, cols, row0)
	so := f.ScalesOffset(rows, cols)
	groups := cols / Group
	switch f {
	case F32:
		out := dst[4*row0*cols:]
		for i, x := range src {
			b := math.Float32bits(x)
			if b&^signBit >= infBits {
				return valueError(f, i, x, cols, row0)
			}
			binary.LittleEndian.PutUint32(out[4*i:], b)
		}
	case F16:
		out := dst[2*row0*cols:]
		for i, x := range src {
			h := ToF16(x)
			if h&0x7c00 == 0x7c00 {
				return valueError(f, i, x, cols, row0)
			}
			binary.LittleEndian.PutUint16(out[2*i:], h)
		}
	case Q8:
		quants, scales := dst[row0*cols:so], dst[so+2*row0*groups:]
		for g := range n * groups {
			x := (*[Group]float32)(src[g*Group:])
			d, bad := q8Group((*[Group]byte)(quants[g*Group:]), x)
			if bad >= 0 {
				return valueError(f, g*Group+bad, x[bad], cols, row0)
			}
			binary.LittleEndian.PutUint16(scales[2*g:], d)
		}
	case Q4:
		quants, scales := dst[row0*cols/2:so], dst[so+2*row0*groups:]
		for g := range n * groups {
			x := (*[Group]float32)(src[g*Group:])
			d, bad := q4Group((*[Group / 2]byte)(quants[g*Group/2:]), x)
			if bad >= 0 {
				return valueError(f, g*Group+bad, x[bad], cols, row0)
			}
			binary.LittleEndian.PutUint16(scales[2*g:], d)
		}
	}
	if row0+n == rows { // the padding, so that equal matrices are equal bytes
		end := so
		if f.grouped() {
			end += 2 * rows * groups
		}
		clear(dst[end:])
	}
	return nil
}

const signBit = 1 << 31

// largest returns where the number of the largest magnitude is (the first of equals)
// and its bits without the sign; infBits or more if the group is not finite.
func largest(x *[Group]float32) (int, uint32) {
	at, most := 0, uint32(0)
	for i, v := range x {
		if b := math.Float32bits(v) &^ signBit; b > most {
			at, most = i, b
		}
	}
	return at, most
}

// q8Group writes 32 int8 and returns the binary16 scale, or the index of a number
// that does not fit.
func q8Group(dst *[Group]byte, x *[Group]float32) (uint16, int) {
	at, most := largest(x)
	d := math.Float32frombits(most) / 127
	h := ToF16(d)
	if most >= infBits || h == 0x7c00 {
		return 0, at
	}
	id := inverse(d)
	for i, v := range x {
		// roundf as in ggml: half away from zero. The sum is taken in float64, for in
		// float32 the number below 0.5 would become 1. |v·id| is at most 127 and a
		// rounding error, so the result fits.
		y := float64(float32(v * id))
		dst[i] = byte(int8(int32(y + math.Copysign(0.5, y))))
	}
	return h, -1
}

// q4Group writes 32 nibbles and returns the binary16 scale, or the index of a number
// that does not fit.
func q4Group(dst *[Group / 2]byte, x *[Group]float32) (uint16, int) {
	at, most := largest(x)
	d := x[at] / -8
	h := ToF16(d)
	if most >= infBits || h&0x7fff == 0x7c00 {
		return 0, at
	}
	id := inverse(d)
	for i := range dst {
		lo := q4Round(x[2*i], id)
		hi := q4Round(x[2*i+1], id)
		dst[i] = lo | hi<<4
	}
	return h, -1
}

// q4Round is min(15, trunc(x·id + 8.5)). x·id is -8 at least, a rounding error apart.
func q4Round(x, id float32) byte {
	q := int32(float32(float32(x*id) + 8.5))
	return byte(min(q, 15))
}

// inverse is 1/d, or 0 where that is no number: those groups are all zeros, or so small
// that their scale rounds to zero.
func inverse(d float32) float32 {
	id := 1 / d
	if math.Float32bits(id)&^signBit >= infBits {
		return 0
	}
	return id
}

// Dequantise fills dst [rows, cols] with the values of src, f.Bytes(rows, cols) long.
func Dequantise(f Format, dst []float32, src []byte, rows, cols int) {
	if len(dst) != rows*cols {
		panic(fmt.Sprintf("quant: room for %d numbers of a matrix [%d, %d]", len(dst), rows, cols))
	}
	DequantiseRows(f, dst, src, rows, cols, 0)
}

// DequantiseRows fills dst [n, cols] with the rows from row0 on of the matrix
// [rows, cols] in src.
func DequantiseRows(f Format, dst []float32, src []byte, rows, cols, row0 int) {
	n := check(f, len(src), len(dst), rows, cols, row0)
	so := f.ScalesOffset(rows, cols)
	groups := cols / Group
	switch f {
	case F32:
		in := src[4*row0*cols:]
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(in[4*i:]))
		}
	case F16:
		in := src[2*row0*cols:]
		for i := range dst {
			dst[i] = FromF16(binary.LittleEndian.Uint16(in[2*i:]))
		}
	case Q8:
		quants, scales := src[row0*cols:so], src[so+2*row0*groups:]
		for g := range n * groups {
			d := FromF16(binary.LittleEndian.Uint16(scales[2*g:]))
			in, out := (*[Group]byte)(quants[g*Group:]), (*[Group]float32)(dst[g*Group:])
			for i, q := range in {
				out[i] = float32(int8(q)) * d
			}
		}
	case Q4:
		quants, scales := src[row0*cols/2:so], src[so+2*row0*groups:]
		for g := range n * groups {
			d := FromF16(binary.LittleEndian.Uint16(scales[2*g:]))
			in, out := (*[Group / 2]byte)(quants[g*Group/2:]), (*[Group]float32)(dst[g*Group:])
			for i, b := range in {
				out[2*i] = float32(int32(b&15)-8) * d
				out[2*i+1] = float32(int32(b>>4)-8) * d
			}
		}
	}
}

// check panics where the lengths do not fit the matrix, and returns the rows that
// numbers covers.
func check(f Format, bytes, numbers, rows, cols, row0 int) int {
	if bytes != f.Bytes(rows, cols) {
		panic(fmt.Sprintf("quant: %d bytes for a %v matrix [%d, %d], want %d", bytes, f, rows, cols, f.Bytes(rows, cols)))
	}
	if cols == 0 {
		return 0
	}
	n := numbers / cols
	if n*cols != numbers || row0 < 0 || row0+n > rows {
		panic(fmt.Sprintf("quant: %d numbers from row %d on of a matrix [%d, %d]", numbers, row0, rows, cols))
	}
	return n
}

func valueError(f Format, i int, x float32, cols, row0 int) error {
	return &ValueError{Format: f, Row: row0 + i/cols, Col: i % cols, Value: x}
}
