package weights

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"mixtab/engine/quant"
)

// Config is the shape of a Mixtral, under the key names of Hugging Face's
// config.json. The fields carry the names that the engine and its kernels use.
type Config struct {
	Architectures  []string `json:"architectures"`
	ModelType      string   `json:"model_type"`
	HiddenAct      string   `json:"hidden_act"`
	Dim            int      `json:"hidden_size"`
	HiddenDim      int      `json:"intermediate_size"` // of one expert
	NLayers        int      `json:"num_hidden_layers"`
	NHeads         int      `json:"num_attention_heads"`
	NKVHeads       int      `json:"num_key_value_heads"`
	HeadDim        int      `json:"head_dim"` // Dim/NHeads where the file has none
	NExperts       int      `json:"num_local_experts"`
	NExpertsPerTok int      `json:"num_experts_per_tok"`
	VocabSize      int      `json:"vocab_size"`
	MaxPositions   int      `json:"max_position_embeddings"` // the longest context
	NormEps        float64  `json:"rms_norm_eps"`
	RopeTheta      float64  `json:"rope_theta"`
	SlidingWindow  *int     `json:"sliding_window"` // nil: every position sees all before it
	TieEmbeddings  bool     `json:"tie_word_embeddings"`
	BOS            int      `json:"bos_token_id"`
	EOS            TokenIDs `json:"eos_token_id"`
}

// TokenIDs is one id or a list of ids in JSON.
type TokenIDs []int

func (t *TokenIDs) UnmarshalJSON(b []byte) error {
	var one int
	if err := json.Unmarshal(b, &one); err == nil {
		*t = TokenIDs{one}
		return nil
	}
	return json.Unmarshal(b, (*[]int)(t))
}

func (t TokenIDs) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]int(t))
}

// The sizes beyond which a config is a mistake or an attack. They keep every product
// of two of them, and their bytes, far from overflow.
const (
	maxSize    = 1 << 20 // of a matrix side and of the vocabulary
	maxLayers  = 1 << 10
	maxExperts = 64 // a router's choice fits in the trace's masks
)

// ParseConfig reads config.json and checks that mixtab can run what it describes. Its
// errors name the key; the caller names the file.
func ParseConfig(data []byte) (Config, error) {
	var c Config
	if err := json.Unmarshal(data, &c); err != nil {
		return Config{}, err
	}
	if err := c.Validate(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// UnmarshalJSON reads the keys that Config has and refuses those that would change
// what the model computes and that mixtab does not do.
func (c *Config) UnmarshalJSON(data []byte) error {
	type plain Config // without this method
	p := plain{HiddenAct: "silu", BOS: 1, EOS: TokenIDs{2}}
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	var more struct {
		RopeScaling    json.RawMessage `json:"rope_scaling"`
		Quantization   json.RawMessage `json:"quantization_config"`
		AttentionBias  bool            `json:"attention_bias"`
		RopeParameters *struct {       // where transformers 5 keeps rope_theta
			Theta float64 `json:"rope_theta"`
			Type  string  `json:"rope_type"`
		} `json:"rope_parameters"`
	}
	if err := json.Unmarshal(data, &more); err != nil {
		return err
	}
	switch {
	case present(more.RopeScaling):
		return fmt.Errorf("rope_scaling is %s; mixtab supports only unscaled RoPE (null)", short(more.RopeScaling))
	case present(more.Quantization):
		return fmt.Errorf("quantization_config is %s; mixtab packs unquantised checkpoints (BF16, F16 or F32)", short(more.Quantization))
	case more.AttentionBias:
		return fmt.Errorf("attention_bias is true; Mixtral's attention has no biases")
	}
	if r := more.RopeParameters; r != nil {
		if r.Type != "" && r.Type != "default" {
			return fmt.Errorf("rope_parameters.rope_type is %q; mixtab supports only \"default\"", r.Type)
		}
		if p.RopeTheta == 0 {
			p.RopeTheta = r.Theta
		}
	}
	if p.HeadDim == 0 && p.NHeads > 0 && p.Dim%p.NHeads == 0 {
		p.HeadDim = p.Dim / p.NHeads
	}
	*c = Config(p)
	return nil
}

func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

func short(raw json.RawMessage) string {
	s := strings.Join(strings.Fields(string(raw)), " ")
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return s
}

// Validate says what mixtab cannot run: the key, its value, and what is supported.
func (c Config) Validate() error {
	if !slices.Contains(c.Architectures, "MixtralForCausalLM") {
		return fmt.Errorf("architectures is %q; mixtab runs MixtralForCausalLM", c.Architectures)
	}
	if c.ModelType != "" && c.ModelType != "mixtral" {
		return fmt.Errorf("model_type is %q; mixtab runs \"mixtral\"", c.ModelType)
	}
	if c.HiddenAct != "silu" {
		return fmt.Errorf("hidden_act is %q; mixtab supports \"silu\"", c.HiddenAct)
	}
	for _, s := range []struct {
		key      string
		value    int
		multiple int
		most     int
	}{
		{"hidden_size", c.Dim, quant.Group, maxSize},
		{"intermediate_size", c.HiddenDim, quant.Group, maxSize},
		{"num_hidden_layers", c.NLayers, 1, maxLayers},
		{"num_attention_heads", c.NHeads, 1, maxSize},
		{"num_key_value_heads", c.NKVHeads, 1, maxSize},
		{"head_dim", c.HeadDim, 8, maxSize}, // attention reads a vec4 of either half
		{"num_local_experts", c.NExperts, 1, maxExperts},
		{"num_experts_per_tok", c.NExpertsPerTok, 1, maxExperts},
		{"vocab_size", c.VocabSize, 1, maxSize},
		{"max_position_embeddings", c.MaxPositions, 1, math.MaxInt32},
	} {
		if s.value < 1 || s.value > s.most || s.value%s.multiple != 0 {
			of := ""
			if s.multiple > 1 {
				of = fmt.Sprintf(", a multiple of %d", s.multiple)
			}
			return fmt.Errorf("%s is %d; supported are 1 to %d%s", s.key, s.value, s.most, of)
		}
	}
	switch qkv := c.QKVRows(); {
	case c.NHeads%c.NKVHeads != 0:
		return fmt.Errorf("num_key_value_heads is %d; it must divide num_attention_heads, %d", c.NKVHeads, c.NHeads)
	case qkv > maxSize || c.NHeads*c.HeadDim%quant.Group != 0:
		return fmt.Errorf("head_dim is %d; with %d heads that makes %d columns of the output projection, supported are multiples of %d up to %d",
			c.HeadDim, c.NHeads, c.NHeads*c.HeadDim, quant.Group, maxSize)
	case c.NExpertsPerTok > c.NExperts:
		return fmt.Errorf("num_experts_per_tok is %d; there are only %d experts (num_local_experts)", c.NExpertsPerTok, c.NExperts)
	case !(c.NormEps > 0 && c.NormEps < 1):
		return fmt.Errorf("rms_norm_eps is %v; supported are numbers between 0 and 1", c.NormEps)
	case !(c.RopeTheta > 1 && c.RopeTheta < 1e12):
		return fmt.Errorf("rope_theta is %v; supported are numbers between 1 and 1e12", c.RopeTheta)
	case c.SlidingWindow != nil && *c.SlidingWindow < c.MaxPositions:
		return fmt.Errorf("sliding_window is %d; mixtab supports null (attention to all positions)", *c.SlidingWindow)
	case c.BOS < 0 || c.BOS >= c.VocabSize:
		return fmt.Errorf("bos_token_id is %d; the vocabulary has the ids 0 to %d", c.BOS, c.VocabSize-1)
	case len(c.EOS) == 0:
		return fmt.Errorf("eos_token_id is an empty list; mixtab needs at least one")
	}
	for _, id := range c.EOS {
		if id < 0 || id >= c.VocabSize {
			return fmt.Errorf("eos_token_id has %d; the vocabulary has the ids 0 to %d", id, c.VocabSize-1)
		}
	}
	return nil
}

// QKVRows is the number of rows of a layer's fused projection: query heads, then key
// heads, then value heads.
func (c Config) QKVRows() int { return (c.NHeads + 2*c.NKVHeads) * c.HeadDim }
