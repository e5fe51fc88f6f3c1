// Gguf writes a q4 pack as a GGUF file of the same weights, number for number, for
// llama.cpp and what is built on it.
//
//	go run ./tools/peers/gguf -pack PACK -out FILE
package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
	"mixtab/packdir"
	"mixtab/tools/cli"
)

const usage = `usage: go run ./tools/peers/gguf -pack PACK -out FILE

Writes a pack of format q4 as a GGUF file: the same weights, in the blocks of ggml's Q4_0
and Q8_0.

`

func main() {
	pack := flag.String("pack", "", "`folder` of the pack")
	out := flag.String("out", "", "the `file` to write")
	cli.Parse("gguf", usage)
	if err := convert(*pack, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gguf:", err)
		os.Exit(1)
	}
}

func convert(pack, out string) (err error) {
	p, err := packdir.Open(pack)
	if err != nil {
		return err
	}
	c := &converter{pack: pack, manifest: p.Manifest()}
	vocab, err := p.Tokenizer()
	if err != nil {
		return err
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	defer func() { err = cmp.Or(err, w.Flush(), f.Close()) }()
	h, err := c.header(vocab)
	if err != nil {
		return err
	}
	tensors := c.tensors()
	if _, err := w.Write(h.bytes(tensors)); err != nil {
		return err
	}
	for _, t := range tensors {
		if err := c.write(w, t); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// A converter reads a pack's tensors.
type converter struct {
	pack     string
	manifest *weights.Manifest
}

// header is what llama.cpp wants to know of a model and its vocabulary.
func (c *converter) header(vocab []byte) (header, error) {
	m := c.manifest.Config
	h := header{}
	h.text("general.architecture", "llama")
	h.text("general.name", c.manifest.Name)
	for _, v := range []struct {
		name string
		n    int
	}{
		{"context_length", m.MaxPositions}, {"embedding_length", m.Dim}, {"block_count", m.NLayers},
		{"feed_forward_length", m.HiddenDim}, {"attention.head_count", m.NHeads}, {"attention.head_count_kv", m.NKVHeads},
		{"rope.dimension_count", m.HeadDim}, {"expert_count", m.NExperts}, {"expert_used_count", m.NExpertsPerTok},
		{"vocab_size", m.VocabSize},
	} {
		h.number("llama."+v.name, uint32(v.n))
	}
	h.float("llama.rope.freq_base", float32(m.RopeTheta))
	h.float("llama.attention.layer_norm_rms_epsilon", float32(m.NormEps))
	if c.manifest.Tokenizer.Kind != weights.KindSentencePiece {
		return h, errors.New("the pack has no SentencePiece tokenizer, which GGUF's is made of")
	}
	return h, h.vocabulary(vocab, m)
}

// A tensor is one of GGUF's, of one or more of ours below each other.
type tensor struct {
	name   string
	format quant.Format
	shape  []int // columns first, as in GGUF
	parts  []rows
}

// rows are some of a tensor of ours. Where heads is not 0, the rows are those of heads to be
// rotated, and change their order: RoPE pairs ours across the halves, llama.cpp's as neighbours.
type rows struct {
	from        *weights.Tensor
	row0, n     int
	heads, half int
}

// at is the row of ours, from row0 on, that comes as row i.
func (p rows) at(i int) int {
	if p.heads == 0 {
		return i
	}
	head, r := i/(2*p.half), i%(2*p.half)
	return head*2*p.half + r%2*p.half + r/2
}

func (c *converter) tensors() []tensor {
	m := c.manifest.Config
	find := func(name string) *weights.Tensor {
		t, err := c.manifest.Tensor(name)
		if err != nil {
			panic(err) // a parsed manifest has them all
		}
		return t
	}
	whole := func(name, ours string) tensor {
		t := find(ours)
		shape := []int{t.Cols()}
		if len(t.Shape) > 1 {
			shape = append(shape, t.Rows())
		}
		return tensor{name, t.Format, shape, []rows{{from: t, n: t.Rows()}}}
	}
	all := []tensor{whole("token_embd.weight", "embed"), whole("output_norm.weight", "norm"), whole("output.weight", "lm_head")}
	for l := range m.NLayers {
		ours, theirs := fmt.Sprintf("layers.%d.", l), fmt.Sprintf("blk.%d.", l)
		qkv := find(ours + "qkv")
		q, kv := m.NHeads*m.HeadDim, m.NKVHeads*m.HeadDim
		some := func(name string, row0, n, heads int) tensor {
			return tensor{theirs + name, qkv.Format, []int{m.Dim, n}, []rows{{qkv, row0, n, heads, m.HeadDim / 2}}}
		}
		all = append(all,
			whole(theirs+"attn_norm.weight", ours+"attn_norm"),
			some("attn_q.weight", 0, q, m.NHeads), some("attn_k.weight", q, kv, m.NKVHeads), some("attn_v.weight", q+kv, kv, 0),
			whole(theirs+"attn_output.weight", ours+"o"), whole(theirs+"ffn_norm.weight", ours+"ffn_norm"),
			whole(theirs+"ffn_gate_inp.weight", ours+"router"))
		for _, kind := range []string{"gate", "up", "down"} {
			t := tensor{name: theirs + "ffn_" + kind + "_exps.weight"}
			for e := range m.NExperts {
				from := find(fmt.Sprintf("%sexperts.%d.%s", ours, e, kind))
				t.format, t.shape = from.Format, []int{from.Cols(), from.Rows(), m.NExperts}
				t.parts = append(t.parts, rows{from: from, n: from.Rows()})
			}
			all = append(all, t)
		}
	}
	return all
}

// bytes is the tensor's size in GGUF.
func (t tensor) bytes() int {
	n := 0
	for _, p := range t.parts {
		n += p.n * blockBytes(t.format, p.from.Cols())
	}
	return n
}

// write writes a tensor's rows as GGUF has them, and its padding.
func (c *converter) write(w io.Writer, t tensor) error {
	for _, p := range t.parts {
		matrix, err := c.read(p.from)
		if err != nil {
			return err
		}
		var out []byte
		for i := range p.n {
			out = matrix.row(out[:0], p.row0+p.at(i))
			if _, err := w.Write(out); err != nil {
				return err
			}
		}
	}
	_, err := w.Write(make([]byte, padding(t.bytes())))
	return err
}

// A matrix is a tensor of ours, part by part, with its scales.
type matrix struct {
	format quant.Format
	cols   int
	parts  []weights.Part
	data   [][]byte
}

func (c *converter) read(t *weights.Tensor) (*matrix, error) {
	m := &matrix{format: t.Format, cols: t.Cols(), parts: t.Parts}
	for _, p := range t.Parts {
		f, err := os.Open(filepath.Join(c.pack, weights.ShardPath(p.Shard)))
		if err != nil {
			return nil, err
		}
		data := make([]byte, p.Length)
		_, err = f.ReadAt(data, p.Offset)
		f.Close()
		if err != nil {
			return nil, err
		}
		m.data = append(m.data, data)
	}
	return m, nil
}

// row appends row r as ggml's blocks.
func (m *matrix) row(out []byte, r int) []byte {
	i := 0
	for r >= m.parts[i].Row0+m.parts[i].Rows {
		i++
	}
	r -= m.parts[i].Row0
	return blocks(out, m.format, m.data[i], m.parts[i].Rows, m.cols, r)
}
