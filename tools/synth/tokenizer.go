package main

import (
	"fmt"
	"iter"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// SentencePiece's numbers: sentencepiece_model.proto.
const (
	pieceNormal  = 1
	pieceUnknown = 2
	pieceControl = 3
	pieceByte    = 6
)

// tokenizerModel makes a SentencePiece BPE model of so many pieces: <unk>, <s>, </s>, the
// 256 bytes, then characters and what can be spelled with them, the shorter the sooner.
// It is nil where the vocabulary is too small for that.
func tokenizerModel(vocabSize int) []byte {
	if vocabSize < 300 {
		return nil
	}
	var b []byte
	n := 0
	add := func(piece string, score float32, kind uint64) {
		var p []byte
		p = protowire.AppendString(protowire.AppendTag(p, 1, protowire.BytesType), piece)
		p = protowire.AppendFixed32(protowire.AppendTag(p, 2, protowire.Fixed32Type), math.Float32bits(score))
		if kind != pieceNormal {
			p = appendInt(p, 3, kind)
		}
		b = protowire.AppendBytes(protowire.AppendTag(b, 1, protowire.BytesType), p)
		n++
	}
	add("<unk>", 0, pieceUnknown)
	add("<s>", 0, pieceControl)
	add("</s>", 0, pieceControl)
	for i := range 256 {
		add(fmt.Sprintf("<0x%02X>", i), 0, pieceByte)
	}
	for piece := range madeUp() {
		if n == vocabSize {
			break
		}
		add(piece, -float32(n), pieceNormal)
	}

	var trainer []byte
	trainer = appendInt(trainer, 3, 2) // model_type: BPE
	trainer = appendInt(trainer, 4, uint64(vocabSize))
	trainer = appendInt(trainer, 35, 1)              // byte_fallback
	trainer = appendInt(trainer, 40, 0)              // unk_id
	trainer = appendInt(trainer, 41, 1)              // bos_id
	trainer = appendInt(trainer, 42, 2)              // eos_id
	trainer = appendInt(trainer, 43, math.MaxUint64) // pad_id: -1, none
	b = protowire.AppendBytes(protowire.AppendTag(b, 2, protowire.BytesType), trainer)

	var normalizer []byte
	normalizer = protowire.AppendString(protowire.AppendTag(normalizer, 1, protowire.BytesType), "identity")
	normalizer = appendInt(normalizer, 3, 1) // add_dummy_prefix
	normalizer = appendInt(normalizer, 4, 0) // remove_extra_whitespaces
	normalizer = appendInt(normalizer, 5, 1) // escape_whitespaces
	return protowire.AppendBytes(protowire.AppendTag(b, 3, protowire.BytesType), normalizer)
}

func appendInt(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

const space = "▁" // how SentencePiece writes a space

// madeUp yields pieces without end, each once: single characters, then for every
// length the words of small letters, bare and behind a space. Each is the merge of
// shorter ones, so all can come out of encoding.
func madeUp() iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(space) {
			return
		}
		for c := byte('!'); c <= '~'; c++ {
			if !yield(string(c)) {
				return
			}
		}
		words := []string{""}
		for length := 1; ; length++ {
			longer := make([]string, 0, 26*len(words))
			for _, w := range words {
				for c := byte('a'); c <= 'z'; c++ {
					longer = append(longer, w+string(c))
				}
			}
			words = longer
			for _, w := range words {
				if length > 1 && !yield(w) || !yield(space+w) {
					return
				}
			}
		}
	}
}
