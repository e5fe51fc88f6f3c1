//go:build !js

package measure

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

// wide packs random weights in matrices large enough that a token's time is theirs.
func wide(t *testing.T) (*weights.Memory, *weights.Manifest) {
	t.Helper()
	c, err := weights.ParseConfig([]byte(`{"architectures": ["MixtralForCausalLM"], "hidden_act": "silu", "hidden_size": 512, "intermediate_size": 1024,
		"max_position_embeddings": 512, "num_attention_heads": 8, "num_experts_per_tok": 2, "num_hidden_layers": 5,
		"num_key_value_heads": 4, "num_local_experts": 8, "rms_norm_eps": 1e-05, "rope_theta": 1e6, "vocab_size": 512}`))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := weights.NewPlan(c, quant.Q4, quant.Q8)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	pack := &weights.Memory{Shards: map[string][]byte{}}
	var names []string
	for _, s := range plan.Shards {
		shard := make([]byte, s.Bytes)
		for _, ref := range s.Parts {
			tensor := &plan.Tensors[ref.Tensor]
			p := tensor.Parts[ref.Part]
			values := make([]float32, p.Rows*tensor.Cols())
			for i := range values {
				values[i] = float32(rng.NormFloat64()) / 16
			}
			if err := quant.Quantise(tensor.Format, shard[p.Offset:p.Offset+p.Length], values, p.Rows, tensor.Cols()); err != nil {
				t.Fatal(err)
			}
		}
		sum := sha256.Sum256(shard)
		names = append(names, hex.EncodeToString(sum[:]))
		pack.Shards[names[len(names)-1]] = shard
	}
	man := plan.Manifest(names)
	if pack.ManifestBytes, err = man.Marshal(); err != nil {
		t.Fatal(err)
	}
	return pack, man
}
