// Package routes records what the routers of a pack choose for given tokens.
package routes

import (
	"context"
	"slices"

	"mixtab/engine/experts"
	"mixtab/engine/gpu"
	"mixtab/engine/mixtral"
	"mixtab/engine/weights"
)

// Record runs tokens through a pack, all of whose experts are resident. It also returns
// the last token's logits.
func Record(ctx context.Context, dev gpu.Device, src weights.Source, ids []int32) (*experts.Trace, []float32, error) {
	raw, err := src.Manifest(ctx)
	if err != nil {
		return nil, nil, err
	}
	man, err := weights.ParseManifest(raw)
	if err != nil {
		return nil, nil, err
	}
	m, err := mixtral.Load(ctx, dev, src, man, mixtral.Options{Context: len(ids)})
	if err != nil {
		return nil, nil, err
	}
	defer m.Close()
	c := man.Config
	t := &experts.Trace{Layers: c.NLayers, Experts: c.NExperts, TopK: c.NExpertsPerTok, Note: "chosen by " + man.Name}
	for chunk := range slices.Chunk(ids, m.ChunkTokens()) {
		if err := m.PrefillChunk(ctx, chunk); err != nil {
			return nil, nil, err
		}
		tokens := make([]experts.Token, len(chunk))
		for layer := range c.NLayers {
			chosen, err := m.Routes(ctx, layer, len(chunk))
			if err != nil {
				return nil, nil, err
			}
			for i, r := range chosen {
				token := &tokens[i/c.NExpertsPerTok]
				token.Experts = append(token.Experts, r.Expert)
			}
		}
		t.Tokens = append(t.Tokens, tokens...)
	}
	logits, err := m.Logits(ctx, 1)
	return t, logits, err
}
