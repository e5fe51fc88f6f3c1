package weights

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"mixtab/engine/gpu"
)

// Memory is a pack in memory, for tests and for tools that pack and run at once.
type Memory struct {
	ManifestBytes  []byte
	TokenizerBytes []byte            // nil if there is none
	Shards         map[string][]byte // by SHA-256
}

// Source joins the pack with a device. Each shard is verified before its first use.
func (m *Memory) Source(dev gpu.Device) Source {
	return &memorySource{pack: m, dev: dev, verified: map[string]bool{}}
}

type memorySource struct {
	pack *Memory
	dev  gpu.Device

	mu       sync.Mutex
	verified map[string]bool
}

func (s *memorySource) Manifest(context.Context) ([]byte, error) { return s.pack.ManifestBytes, nil }

func (s *memorySource) Tokenizer(context.Context) ([]byte, error) { return s.pack.TokenizerBytes, nil }

func (s *memorySource) Load(ctx context.Context, part Part, dst gpu.Buffer, offset int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	shard, ok := s.pack.Shards[part.Shard]
	if !ok {
		return BadShard("shard %s is missing: pack the model again", part.Shard)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.verified[part.Shard] {
		sum := sha256.Sum256(shard)
		if hex.EncodeToString(sum[:]) != part.Shard {
			return BadShard("shard %s has other bytes than its name says: pack the model again", part.Shard)
		}
		s.verified[part.Shard] = true
	}
	end := part.Offset + part.Length
	if part.Offset < 0 || end < part.Offset || end > int64(len(shard)) {
		return BadShard("shard %s has %d bytes, the part ends at %d: pack the model again", part.Shard, len(shard), end)
	}
	return s.dev.Write(dst, offset, shard[part.Offset:end])
}
