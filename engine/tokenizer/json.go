package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// hfTokenizer is what we read of a tokenizer.json. Everything that decides ids
// is read and checked; post-processor, truncation and padding only concern
// what surrounds the text, and the decoder follows from the rest.
type hfTokenizer struct {
	AddedTokens []struct {
		ID      int32  `json:"id"`
		Content string `json:"content"`
		Special bool   `json:"special"`
	} `json:"added_tokens"`
	Normalizer   *hfNormalizer   `json:"normalizer"`
	PreTokenizer *hfPreTokenizer `json:"pre_tokenizer"`
	Model        hfModel         `json:"model"`
}

type hfModel struct {
	Type          string           `json:"type"`
	Dropout       float64          `json:"dropout"`
	UnknownToken  string           `json:"unk_token"`
	SubwordPrefix string           `json:"continuing_subword_prefix"`
	WordSuffix    string           `json:"end_of_word_suffix"`
	ByteFallback  bool             `json:"byte_fallback"`
	IgnoreMerges  bool             `json:"ignore_merges"`
	Vocab         map[string]int32 `json:"vocab"`
	Merges        []hfMerge        `json:"merges"`
}

// hfMerge is a pair of pieces, written "a b" or, since tokenizers 0.20,
// ["a","b"].
type hfMerge [2]string

// UnmarshalJSON reads either form.
func (m *hfMerge) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err == nil {
		left, right, ok := strings.Cut(s, " ")
		if !ok {
			return fmt.Errorf("merge %q is not two pieces with a space between", s)
		}
		*m = hfMerge{left, right}
		return nil
	}
	var pair []string
	if err := json.Unmarshal(b, &pair); err != nil || len(pair) != 2 {
		return fmt.Errorf("merge %.80s is not two pieces", b)
	}
	*m = hfMerge{pair[0], pair[1]}
	return nil
}

// ParseJSON reads a Hugging Face tokenizer.json that was made from a
// SentencePiece BPE model with byte fallback (the Llama and Mistral family):
// the normaliser that prepends "▁" and replaces spaces by it, or a Metaspace
// pre-tokenizer that does not split.
//
// A Metaspace that prepends is read as SentencePiece's dummy prefix, which
// is there even if the text starts with a space itself; these models were
// trained with that. Added tokens are never found in text: typed by a user
// they are ordinary characters.
func ParseJSON(file []byte) (*Tokenizer, error) {
	var hf hfTokenizer
	if err := json.Unmarshal(file, &hf); err != nil {
		return nil, err
	}
	if err := hf.Model.check(); err != nil {
		return nil, err
	}
	dummyPrefix, err := hf.spaces()
	if err != nil {
		return nil, err
	}
	v, err := hf.vocab()
	if err != nil {
		return nil, err
	}
	v.dummyPrefix = dummyPrefix
	t, symbols, err := newTokenizer(v, false)
	if err != nil {
		return nil, err
	}
	merges := make([]merge, 0, len(hf.Model.Merges))
	for rank, m := range hf.Model.Merges {
		left, okLeft := symbols[m[0]]
		right, okRight := symbols[m[1]]
		id, okBoth := symbols[m[0]+m[1]]
		if !okLeft || !okRight || !okBoth {
			return nil, fmt.Errorf("merge %d (%.40q + %.40q) uses or makes something that is no ordinary piece of the vocabulary", rank, m[0], m[1])
		}
		merges = append(merges, merge{left, right, uint32(rank), id})
	}
	t.merges = newPairTable(merges)
	return t, nil
}

func (m *hfModel) check() error {
	switch {
	case m.Type != "BPE":
		return fmt.Errorf("model type %q is not supported, only \"BPE\"", m.Type)
	case !m.ByteFallback:
		return errors.New("the model has no byte_fallback, which is required (byte-level BPE is another format)")
	case m.Dropout != 0:
		return errors.New("the model's dropout is not supported")
	case m.IgnoreMerges:
		return errors.New("the model's ignore_merges is not supported")
	case m.SubwordPrefix != "" || m.WordSuffix != "":
		return errors.New("the model's continuing_subword_prefix and end_of_word_suffix are not supported")
	case len(m.Vocab) == 0:
		return errors.New("the model has no vocab")
	}
	return nil
}

// vocab lays the vocabulary and the added tokens out by id.
func (hf *hfTokenizer) vocab() (vocab, error) {
	ids := hf.Model.Vocab
	added := make(map[string]kind)
	for _, a := range hf.AddedTokens {
		if id, ok := ids[a.Content]; ok && id != a.ID {
			return vocab{}, fmt.Errorf("added token %q has id %d, but %d in the vocab", a.Content, a.ID, id)
		}
		ids[a.Content] = a.ID
		added[a.Content] = kindAdded
		if a.Special {
			added[a.Content] = kindControl
		}
	}
	v := vocab{
		pieces:         make([]string, len(ids)),
		kinds:          make([]kind, len(ids)),
		bos:            "<s>",
		eos:            "</s>",
		unknownSurface: " \u2047 ",
	}
	for piece, id := range ids {
		if id < 0 || int(id) >= len(ids) {
			return vocab{}, fmt.Errorf("the id of %.40q is %d, but there are %d pieces", piece, id, len(ids))
		}
		if piece == "" || v.pieces[id] != "" {
			return vocab{}, fmt.Errorf("id %d is given to %.40q and %.40q", id, v.pieces[id], piece)
		}
		v.pieces[id] = piece
		_, isByte := byteOf(piece)
		k, isAdded := added[piece]
		switch {
		case piece == hf.Model.UnknownToken:
			v.kinds[id] = kindUnknown
		case isAdded:
			v.kinds[id] = k
		case isByte:
			v.kinds[id] = kindByte
		}
	}
	return v, nil
}
