// Inputs writes what the operations of tools/peers are given, in our layout and in ONNX
// Runtime's, its models, and the result computed in float64.
//
//	go run ./tools/peers/inputs -out build/peers/inputs
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mixtab/engine/quant"
	"mixtab/tools/cli"
	"mixtab/tools/peers/shapes"
)

const usage = `usage: go run ./tools/peers/inputs -out build/peers/inputs

Writes the inputs, ONNX models and float64 results of the operations that mixtab is
compared on; the same numbers every time.

`

func main() {
	out := flag.String("out", "build/peers/inputs", "`folder` to write to")
	ops := flag.String("ops", "gemv,experts,attention,gemm", "which operations, separated by commas")
	cli.Parse("inputs", usage)
	for name, write := range map[string]func(*folder){
		shapes.GEMV:      func(f *folder) { f.matmul(1, shapes.Hidden, shapes.Dim) },
		shapes.GEMM:      func(f *folder) { f.matmul(shapes.Tokens, shapes.Dim, shapes.Dim) },
		shapes.Experts2:  (*folder).experts,
		shapes.Attention: (*folder).attention,
	} {
		if !slices.Contains(strings.Split(*ops, ","), name) {
			continue
		}
		f := &folder{path: filepath.Join(*out, name), rng: rand.New(rand.NewPCG(4, uint64(len(name))))}
		f.try(os.MkdirAll(f.path, 0o755))
		if write(f); f.err != nil {
			fmt.Fprintln(os.Stderr, "inputs:", f.err)
			os.Exit(1)
		}
	}
}

// A folder takes the files of one operation and keeps the first error.
type folder struct {
	path string
	rng  *rand.Rand
	err  error
}

func (f *folder) try(err error) {
	if f.err == nil {
		f.err = err
	}
}

func (f *folder) write(name string, data []byte) {
	if f.err == nil {
		f.err = os.WriteFile(filepath.Join(f.path, name), data, 0o644)
	}
}

func (f *folder) floats(name string, v []float32) { f.write(name, floatBytes(v)) }

func (f *folder) want(v []float64) {
	b := make([]byte, 0, 8*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	f.write("want.f64", b)
}

func floatBytes(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// uniform is n numbers in [-size, size).
func (f *folder) uniform(n int, size float32) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = size * (2*f.rng.Float32() - 1)
	}
	return v
}

// A matrix is random q4 weights [rows, cols] of values up to 1/16.
type matrix struct {
	bytes      []byte
	rows, cols int
}

func (f *folder) matrix(rows, cols int) matrix {
	m := matrix{bytes: make([]byte, quant.Q4.Bytes(rows, cols)), rows: rows, cols: cols}
	scales := quant.Q4.ScalesOffset(rows, cols)
	for i := 0; i < len(m.bytes); i += 8 {
		w := f.rng.Uint64()
		if i >= scales { // binary16 of either sign, 2^-8 and more, below 2^-7
			w = w&0x83ff83ff83ff83ff | 0x1c001c001c001c00
		}
		binary.LittleEndian.PutUint64(m.bytes[i:], w)
	}
	return m
}

// nibbles are the weights without scales, which both sides store alike.
func (m matrix) nibbles() []byte { return m.bytes[:quant.Q4.ScalesOffset(m.rows, m.cols)] }

// scales are ONNX Runtime's: the same numbers, as float32.
func (m matrix) scales() []byte {
	var b []byte
	half := m.bytes[len(m.nibbles()):]
	for i := 0; i < len(half); i += 2 {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(quant.FromF16(binary.LittleEndian.Uint16(half[i:]))))
	}
	return b
}

// times is m·x in float64.
func (m matrix) times(x []float64) []float64 {
	y, row := make([]float64, m.rows), make([]float32, m.cols)
	for r := range y {
		quant.DequantiseRows(quant.Q4, row, m.bytes, m.rows, m.cols, r)
		for c, w := range row {
			y[r] += float64(w) * x[c]
		}
	}
	return y
}

func wide(v []float32) []float64 {
	w := make([]float64, len(v))
	for i, x := range v {
		w[i] = float64(x)
	}
	return w
}
