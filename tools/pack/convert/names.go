package convert

import (
	"fmt"

	"mixtab/engine/weights"
)

// A source is where the rows of one of our tensors come from: tensors of the
// checkpoint, one below the other.
type source []*tensor

// sources finds what every tensor of the model is made of, and asserts the shapes. The
// names of Hugging Face's checkpoints stand here and nowhere else.
func (c *checkpoint) sources() (map[string]source, error) {
	s := map[string]source{}
	var first error
	add := func(ours, theirs string, shape ...int) {
		t, err := c.find(theirs, shape...)
		if first == nil {
			first = err
		}
		s[ours] = append(s[ours], t)
	}
	cfg := c.config
	add(weights.Embed, "model.embed_tokens.weight", cfg.VocabSize, cfg.Dim)
	for l := range cfg.NLayers {
		in := func(name string) string { return fmt.Sprintf("model.layers.%d.%s.weight", l, name) }
		add(weights.Layer(l, weights.AttnNorm), in("input_layernorm"), cfg.Dim)
		qkv := weights.Layer(l, weights.QKV)
		add(qkv, in("self_attn.q_proj"), cfg.NHeads*cfg.HeadDim, cfg.Dim)
		add(qkv, in("self_attn.k_proj"), cfg.NKVHeads*cfg.HeadDim, cfg.Dim)
		add(qkv, in("self_attn.v_proj"), cfg.NKVHeads*cfg.HeadDim, cfg.Dim)
		add(weights.Layer(l, weights.Output), in("self_attn.o_proj"), cfg.Dim, cfg.NHeads*cfg.HeadDim)
		add(weights.Layer(l, weights.FFNNorm), in("post_attention_layernorm"), cfg.Dim)
		add(weights.Layer(l, weights.Router), in("block_sparse_moe.gate"), cfg.NExperts, cfg.Dim)
		for e := range cfg.NExperts {
			// y = w2(silu(w1(x)) · w3(x))
			in := func(w string) string { return in(fmt.Sprintf("block_sparse_moe.experts.%d.%s", e, w)) }
			add(weights.Expert(l, e, weights.Gate), in("w1"), cfg.HiddenDim, cfg.Dim)
			add(weights.Expert(l, e, weights.Up), in("w3"), cfg.HiddenDim, cfg.Dim)
			add(weights.Expert(l, e, weights.Down), in("w2"), cfg.Dim, cfg.HiddenDim)
		}
		if first != nil {
			return nil, first
		}
	}
	add(weights.Norm, "model.norm.weight", cfg.Dim)
	head := "lm_head.weight"
	if cfg.TieEmbeddings && c.tensors[head] == nil {
		head = "model.embed_tokens.weight"
	}
	add(weights.LMHead, head, cfg.VocabSize, cfg.Dim)
	return s, first
}
