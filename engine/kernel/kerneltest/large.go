package kerneltest

import (
	"mixtab/engine/gpu"
	"mixtab/engine/quant"
)

// A large is a q4 matrix of a real size, made of random words: there is no dense copy,
// and a test computes only some of its rows.
type large struct {
	binding    gpu.Binding
	bytes      []byte
	rows, cols int
}

// largeQ4 makes one, of values up to 1/16.
func (c *trial) largeQ4(rows, cols int, seed uint32) large {
	c.Helper()
	m := large{bytes: make([]byte, quant.Q4.Bytes(rows, cols)), rows: rows, cols: cols}
	scales := quant.Q4.ScalesOffset(rows, cols)
	x := seed * 0x9e3779b9
	for i := 0; i < len(m.bytes); i += 4 {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		w := x
		if i >= scales { // two binary16 of either sign, 2^-8 and more, below 2^-7
			w = x&0x83ff83ff | 0x1c001c00
		}
		m.bytes[i], m.bytes[i+1], m.bytes[i+2], m.bytes[i+3] = byte(w), byte(w>>8), byte(w>>16), byte(w>>24)
	}
	b, err := c.dev.NewBuffer(c.ctx, c.Name(), gpu.Storage, len(m.bytes))
	if err != nil {
		c.Fatal(err)
	}
	c.buffers = append(c.buffers, b)
	if err := c.dev.Write(b, 0, m.bytes); err != nil {
		c.Fatal(err)
	}
	m.binding = gpu.Binding{Buffer: b}
	return m
}

func (m large) row(r int) []float32 {
	values := make([]float32, m.cols)
	quant.DequantiseRows(quant.Q4, values, m.bytes, m.rows, m.cols, r)
	return values
}

// someOf is 64 of n rows: the first, the last, and some between.
func (c *trial) someOf(n int) []int {
	rows := []int{0, 1, n - 2, n - 1}
	for len(rows) < 64 {
		rows = append(rows, c.rng.IntN(n))
	}
	return rows
}
