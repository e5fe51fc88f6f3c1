// Package packs writes packs that a server will serve and no engine will run: their bytes
// are noise, and there may be none at all.
package packs

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
)

// A Shard is one of a pack's.
type Shard struct {
	Path  string // in the pack, as in shards/….bin
	Hash  string
	Bytes int64
}

// Mixtral writes a pack with the shards of Mixtral-8x7B at q4, 26 GB, in files that are
// holes from end to end: they take no room and read as zeros. Their names are no hashes of
// that. The server does not hash at its start, as the engine does when it loads.
func Mixtral(dir string) ([]Shard, error) {
	return write(dir, config(4096, 14336, 32, 8, 32000), quant.Q4, func(f *os.File, name string, size int64) (string, error) {
		sum := sha256.Sum256([]byte(name))
		return hex.EncodeToString(sum[:]), f.Truncate(size)
	})
}

// Large writes a pack of noise that has three shards of exactly 64 MiB, the largest size
// there is, and comes first with one.
func Large(dir string) ([]Shard, error) {
	return write(dir, config(1024, 32768, 1, 1, 512), quant.F16, noise)
}

// Middle writes a pack of noise with six shards of 16 MiB.
func Middle(dir string) ([]Shard, error) {
	return write(dir, config(1024, 8192, 1, 2, 512), quant.F16, noise)
}

func config(dim, hidden, layers, experts, vocab int) weights.Config {
	return weights.Config{
		Architectures: []string{"MixtralForCausalLM"}, ModelType: "mixtral", HiddenAct: "silu",
		Dim: dim, HiddenDim: hidden, NLayers: layers, NHeads: dim / 128, NKVHeads: max(1, dim/512), HeadDim: 128,
		NExperts: experts, NExpertsPerTok: min(2, experts), VocabSize: vocab, MaxPositions: 32768,
		NormEps: 1e-5, RopeTheta: 1e6, BOS: 1, EOS: weights.TokenIDs{2},
	}
}

// noise fills a shard with bytes that follow from its name, and returns their hash.
func noise(f *os.File, name string, size int64) (string, error) {
	source, hash := rand.NewChaCha8(sha256.Sum256([]byte(name))), sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(f, hash), 1<<20)
	if _, err := io.CopyN(w, source, size); err != nil {
		return "", err
	}
	err := w.Flush() // into the hash too
	return hex.EncodeToString(hash.Sum(nil)), err
}

// write writes the pack of a config, with shards that fill makes.
func write(dir string, c weights.Config, format quant.Format, fill func(f *os.File, name string, size int64) (hash string, err error)) ([]Shard, error) {
	plan, err := weights.NewPlan(c, format, weights.HeadFormat(format))
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "shards"), 0o755); err != nil {
		return nil, err
	}
	var names []string
	var shards []Shard
	for i, s := range plan.Shards {
		hash, err := writeShard(dir, fmt.Sprintf("shard %d", i), s.Bytes, fill)
		if err != nil {
			return nil, err
		}
		names = append(names, hash)
		shards = append(shards, Shard{weights.ShardPath(hash), hash, s.Bytes})
	}
	m := plan.Manifest(names)
	m.Name = "noise"
	text, err := m.Marshal()
	if err != nil {
		return nil, err
	}
	return shards, os.WriteFile(filepath.Join(dir, weights.ManifestPath), text, 0o644)
}

func writeShard(dir, name string, size int64, fill func(f *os.File, name string, size int64) (string, error)) (string, error) {
	f, err := os.CreateTemp(dir, "")
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := f.Chmod(0o644); err != nil { // nginx's workers may run as somebody else
		return "", err
	}
	hash, err := fill(f, name, size)
	if err != nil {
		return "", err
	}
	return hash, os.Rename(f.Name(), filepath.Join(dir, weights.ShardPath(hash)))
}
