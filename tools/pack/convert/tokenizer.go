package convert

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"mixtab/engine/tokenizer"
	"mixtab/engine/weights"
)

// tokenizer reads the checkpoint's tokenizer: tokenizer.model, or tokenizer.json where
// that alone can be read and fits the vocabulary. A checkpoint may have none.
func (c *checkpoint) tokenizer() (weights.Tokenizer, []byte, error) {
	var misfit error
	for _, kind := range []struct {
		kind, file string
		parse      func([]byte) (*tokenizer.Tokenizer, error)
	}{
		{weights.KindSentencePiece, "tokenizer.model", tokenizer.ParseModel},
		{weights.KindHuggingFace, "tokenizer.json", tokenizer.ParseJSON},
	} {
		path := filepath.Join(c.dir, kind.file)
		raw, err := fs.ReadFile(c.fsys, kind.file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return weights.Tokenizer{}, nil, unreadable(path, err)
		}
		tok, err := kind.parse(raw)
		if err == nil && tok.VocabSize() == c.config.VocabSize {
			sum := sha256.Sum256(raw)
			return weights.Tokenizer{Kind: kind.kind, File: kind.file, SHA256: hex.EncodeToString(sum[:]), VocabSize: tok.VocabSize()}, raw, nil
		}
		if err == nil {
			err = fmt.Errorf("has %d pieces, config.json has vocab_size %d", tok.VocabSize(), c.config.VocabSize)
		}
		if misfit == nil {
			misfit = fmt.Errorf("%s: %w: take the tokenizer that belongs to this checkpoint", path, err)
		}
	}
	return weights.Tokenizer{Kind: weights.KindNone}, nil, misfit
}
