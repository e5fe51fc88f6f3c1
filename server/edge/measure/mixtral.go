package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

// writeMixtral writes manifest and tokenizer of a pack like Mixtral's, as opening that is
// what a new isolate has to do. There are no shards behind it.
func writeMixtral(dir string) error {
	plan, err := weights.NewPlan(weights.Config{
		Architectures: []string{"MixtralForCausalLM"}, ModelType: "mixtral", HiddenAct: "silu", NormEps: 1e-5, BOS: 1, EOS: weights.TokenIDs{2},
		NLayers: 32, Dim: 4096, HiddenDim: 14336, NHeads: 32, NKVHeads: 8, HeadDim: 128, NExperts: 8, NExpertsPerTok: 2,
		VocabSize: 32000, MaxPositions: 32768, RopeTheta: 1e6,
	}, quant.Q4, quant.Q8)
	if err != nil {
		return err
	}
	hashes := make([]string, len(plan.Shards))
	for i := range hashes {
		hashes[i] = fmt.Sprintf("%064x", i)
	}
	manifest := plan.Manifest(hashes)
	manifest.Name = "A pack like Mixtral"
	// Mixtral's has as many bytes.
	tokenizer := make([]byte, 493_443)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range tokenizer {
		tokenizer[i] = byte(random.IntN(24))
	}
	hash := sha256.Sum256(tokenizer)
	manifest.Tokenizer = weights.Tokenizer{Kind: weights.KindSentencePiece, File: "tokenizer.model", SHA256: hex.EncodeToString(hash[:]), VocabSize: 32000}
	text, err := manifest.Marshal()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(dir, weights.ManifestPath), text, 0o666),
		os.WriteFile(filepath.Join(dir, manifest.Tokenizer.File), tokenizer, 0o666))
}
