package convert

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protowire"

	"mixtab/engine/weights"
)

// tokenizer reads the checkpoint's tokenizer: tokenizer.model, or tokenizer.json where
// that alone fits the vocabulary. A checkpoint may have none.
func (c *checkpoint) tokenizer() (weights.Tokenizer, []byte, error) {
	var misfit error
	for _, kind := range []struct {
		kind, file string
		count      func([]byte) (int, error)
	}{
		{weights.KindSentencePiece, "tokenizer.model", countPieces},
		{weights.KindHuggingFace, "tokenizer.json", countVocab},
	} {
		path := filepath.Join(c.dir, kind.file)
		raw, err := fs.ReadFile(c.fsys, kind.file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return weights.Tokenizer{}, nil, err
		}
		n, err := kind.count(raw)
		if err == nil && n == c.config.VocabSize {
			sum := sha256.Sum256(raw)
			return weights.Tokenizer{Kind: kind.kind, File: kind.file, SHA256: hex.EncodeToString(sum[:]), VocabSize: n}, raw, nil
		}
		if misfit != nil {
			continue
		}
		if err != nil {
			misfit = fmt.Errorf("%s: %w: %s", path, err, damaged)
		} else {
			misfit = fmt.Errorf("%s: has %d pieces, config.json has vocab_size %d: take the tokenizer that belongs to this checkpoint", path, n, c.config.VocabSize)
		}
	}
	return weights.Tokenizer{Kind: weights.KindNone}, nil, misfit
}

// countPieces counts the pieces of a SentencePiece model: field 1 of its protobuf.
func countPieces(raw []byte) (int, error) {
	pieces := 0
	for len(raw) > 0 {
		num, typ, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return 0, errors.New("is no SentencePiece model, or truncated")
		}
		raw = raw[n:]
		if n = protowire.ConsumeFieldValue(num, typ, raw); n < 0 {
			return 0, errors.New("is no SentencePiece model, or truncated")
		}
		raw = raw[n:]
		if num == 1 && typ == protowire.BytesType {
			pieces++
		}
	}
	return pieces, nil
}

// countVocab counts the ids of a tokenizer.json, which are 0 to the largest.
func countVocab(raw []byte) (int, error) {
	var t struct {
		Added []struct {
			ID int `json:"id"`
		} `json:"added_tokens"`
		Model struct {
			Vocab map[string]int `json:"vocab"`
		} `json:"model"`
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return 0, err
	}
	largest := -1
	for _, id := range t.Model.Vocab {
		largest = max(largest, id)
	}
	for _, a := range t.Added {
		largest = max(largest, a.ID)
	}
	return largest + 1, nil
}
