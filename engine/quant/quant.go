// Package quant holds the formats that weights are stored in: what their bytes
// are, how float32 becomes them, and what value each of them stands for.
//
// A matrix is [rows, cols], cols a multiple of Group. Its bytes are little endian:
//
//	f32: float32 [rows, cols]
//	f16: binary16 [rows, cols]
//	q8:  int8 [rows, cols], then scales binary16 [rows, cols/32]
//	q4:  uint32 [rows, cols/8], then scales binary16 [rows, cols/32]
//
// padded with zeros to a multiple of 4. Nibble i (bits 4i to 4i+3) of word k of a q4
// row is column 8k+i. A q8 value is q·d, a q4 value (q-8)·d, where d is the scale of
// the 32 columns around it. These are the values of ggml's Q8_0 and Q4_0; only the
// layout differs, so that a kernel reads quants and scales as two aligned arrays.
//
// docs/FORMAT.md says the same for those who write a reader of their own.
package quant

import (
	"fmt"
	"math"
)

// Group is the number of neighbouring columns that share a scale.
const Group = 32

// A Format is how the elements of a matrix are stored.
type Format uint8

const (
	F32 Format = iota
	F16
	Q8
	Q4
)

var names = [...]string{F32: "f32", F16: "f16", Q8: "q8", Q4: "q4"}

// Formats are all formats, in order of their size.
var Formats = []Format{F32, F16, Q8, Q4}

func (f Format) String() string {
	if int(f) < len(names) {
		return names[f]
	}
	return fmt.Sprintf("quant.Format(%d)", uint8(f))
}

// ParseFormat knows the names that String gives, and refuses all others.
func ParseFormat(s string) (Format, error) {
	for f, name := range names {
		if s == name {
			return Format(f), nil
		}
	}
	return 0, fmt.Errorf("unknown weight format %q (known: f32, f16, q8, q4)", s)
}

// MarshalText is String, for JSON and flags.
func (f Format) MarshalText() ([]byte, error) {
	if int(f) >= len(names) {
		return nil, fmt.Errorf("quant: no format %d", uint8(f))
	}
	return []byte(names[f]), nil
}

// UnmarshalText is ParseFormat, for JSON and flags.
func (f *Format) UnmarshalText(text []byte) error {
	p, err := ParseFormat(string(text))
	if err == nil {
		*f = p
	}
	return err
}

// Bytes is the size of a matrix [rows, cols], a multiple of 4.
func (f Format) Bytes(rows, cols int) int {
	n := f.ScalesOffset(rows, cols)
	if f.grouped() {
		n += 2 * rows * (cols / Group)
	}
	return (n + 3) &^ 3
}

// ScalesOffset is where the scales of a matrix begin: the size of its elements.
// For f32 and f16, which have no scales, it is where the matrix ends.
func (f Format) ScalesOffset(rows, cols int) int {
	if rows < 0 || cols < 0 || cols%Group != 0 {
		panic(fmt.Sprintf("quant: matrix [%d, %d]: columns must be a multiple of %d", rows, cols, Group))
	}
	switch f {
	case F32:
		return 4 * rows * cols
	case F16:
		return 2 * rows * cols
	case Q8:
		return rows * cols
	case Q4:
		return rows * (cols / 2)
	}
	panic("quant: no such format: " + f.String())
}

// BitsPerWeight is what an element costs, its share of the scale included.
func (f Format) BitsPerWeight() float64 {
	return float64(f.Bytes(2, Group)) * 8 / (2 * Group)
}

func (f Format) grouped() bool { return f == Q8 || f == Q4 }

// A ValueError is a number that a format cannot hold.
type ValueError struct {
	Format   Format
	Row, Col int
	Value    float32
}

func (e *ValueError) Error() string {
	v := float64(e.Value)
	switch {
	case math.IsNaN(v), math.IsInf(v, 0):
		return fmt.Sprintf("row %d, column %d is %v", e.Row, e.Col, e.Value)
	case e.Format == F16:
		return fmt.Sprintf("row %d, column %d is %v, too large for f16", e.Row, e.Col, e.Value)
	}
	return fmt.Sprintf("row %d, column %d is %v, its scale too large for f16", e.Row, e.Col, e.Value)
}
