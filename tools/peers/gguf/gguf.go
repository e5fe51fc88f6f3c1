package main

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

// GGUF, version 3: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

// Types of metadata values.
const (
	typeUint32  = 4
	typeInt32   = 5
	typeFloat32 = 6
	typeString  = 8
	typeArray   = 9
)

// ggmlType is the number of a format's block type.
var ggmlType = map[quant.Format]uint32{quant.F32: 0, quant.F16: 1, quant.Q4: 2, quant.Q8: 8}

const alignment = 32 // of tensors

func padding(n int) int { return -n & (alignment - 1) }

// A header collects metadata.
type header struct {
	values []byte
	n      uint64
}

func appendString(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

func (h *header) key(name string, kind uint32) {
	h.values = binary.LittleEndian.AppendUint32(appendString(h.values, name), kind)
	h.n++
}

func (h *header) text(name, s string) {
	h.key(name, typeString)
	h.values = appendString(h.values, s)
}

func (h *header) number(name string, v uint32) {
	h.key(name, typeUint32)
	h.values = binary.LittleEndian.AppendUint32(h.values, v)
}

func (h *header) float(name string, v float32) {
	h.key(name, typeFloat32)
	h.values = binary.LittleEndian.AppendUint32(h.values, math.Float32bits(v))
}

func (h *header) array(name string, kind uint32, n int) {
	h.key(name, typeArray)
	h.values = binary.LittleEndian.AppendUint32(h.values, kind)
	h.values = binary.LittleEndian.AppendUint64(h.values, uint64(n))
}

// vocabulary takes the pieces of a SentencePiece model; GGUF's token types are its.
func (h *header) vocabulary(file []byte, m weights.Config) error {
	type piece struct {
		text  string
		score uint32 // bits of a float32
		kind  uint64
	}
	var pieces []piece
	for len(file) > 0 {
		field, kind, n := protowire.ConsumeField(file)
		if n < 0 {
			return fmt.Errorf("tokenizer: %w", protowire.ParseError(n))
		}
		message, _ := protowire.ConsumeBytes(file[tagBytes(file):])
		file = file[n:]
		if field != 1 || kind != protowire.BytesType {
			continue
		}
		p := piece{kind: 1}
		for len(message) > 0 {
			field, _, n := protowire.ConsumeField(message)
			if n < 0 {
				return fmt.Errorf("tokenizer: %w", protowire.ParseError(n))
			}
			value := message[tagBytes(message):]
			switch field {
			case 1:
				text, _ := protowire.ConsumeBytes(value)
				p.text = string(text)
			case 2:
				p.score, _ = protowire.ConsumeFixed32(value)
			case 3:
				p.kind, _ = protowire.ConsumeVarint(value)
			}
			message = message[n:]
		}
		pieces = append(pieces, p)
	}
	h.text("tokenizer.ggml.model", "llama")
	h.array("tokenizer.ggml.tokens", typeString, len(pieces))
	for _, p := range pieces {
		h.values = appendString(h.values, p.text)
	}
	h.array("tokenizer.ggml.scores", typeFloat32, len(pieces))
	for _, p := range pieces {
		h.values = binary.LittleEndian.AppendUint32(h.values, p.score)
	}
	h.array("tokenizer.ggml.token_type", typeInt32, len(pieces))
	for _, p := range pieces {
		h.values = binary.LittleEndian.AppendUint32(h.values, uint32(p.kind))
	}
	h.number("tokenizer.ggml.bos_token_id", uint32(m.BOS))
	h.number("tokenizer.ggml.eos_token_id", uint32(m.EOS[0]))
	h.number("tokenizer.ggml.unknown_token_id", 0)
	return nil
}

func tagBytes(b []byte) int {
	_, _, n := protowire.ConsumeTag(b)
	return n
}

// bytes is all that comes before the first tensor's data.
func (h *header) bytes(tensors []tensor) []byte {
	b := append([]byte("GGUF"), 3, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(tensors)))
	b = binary.LittleEndian.AppendUint64(b, h.n)
	b = append(b, h.values...)
	offset := 0
	for _, t := range tensors {
		b = binary.LittleEndian.AppendUint32(appendString(b, t.name), uint32(len(t.shape)))
		for _, n := range t.shape {
			b = binary.LittleEndian.AppendUint64(b, uint64(n))
		}
		b = binary.LittleEndian.AppendUint32(b, ggmlType[t.format])
		b = binary.LittleEndian.AppendUint64(b, uint64(offset))
		offset += t.bytes() + padding(t.bytes())
	}
	return append(b, make([]byte, padding(len(b)))...)
}

// blockBytes is the size of a row in ggml's blocks: 32 columns and their scale.
func blockBytes(f quant.Format, cols int) int {
	switch f {
	case quant.Q4:
		return cols / quant.Group * (2 + quant.Group/2)
	case quant.Q8:
		return cols / quant.Group * (2 + quant.Group)
	}
	return f.Bytes(1, cols)
}

// blocks appends row r of a matrix of ours [rows, cols]: the scale first, and in Q4_0
// column j in the low half of a byte with column j+16 in the high one.
func blocks(out []byte, f quant.Format, data []byte, n, cols, r int) []byte {
	scales := data[f.ScalesOffset(n, cols):]
	groups := cols / quant.Group
	switch f {
	case quant.Q8:
		for g := r * groups; g < (r+1)*groups; g++ {
			out = append(append(out, scales[2*g:2*g+2]...), data[g*quant.Group:(g+1)*quant.Group]...)
		}
	case quant.Q4:
		for g := r * groups; g < (r+1)*groups; g++ {
			out = append(out, scales[2*g:2*g+2]...)
			in := data[g*16 : g*16+16]
			for j := range 16 {
				low, high := in[j/2]>>(4*(j%2))&15, in[8+j/2]>>(4*(j%2))&15
				out = append(out, low|high<<4)
			}
		}
	default:
		row := f.Bytes(1, cols)
		out = append(out, data[r*row:(r+1)*row]...)
	}
	return out
}
