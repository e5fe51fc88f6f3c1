package mixtral

import "mixtab/engine/kernel"

// A kind of pass: of at most n tokens, multiplied as the tuning says.
type kind struct {
	n      int
	tuning kernel.Tuning
	apart  bool // each token reads its experts by itself, and not with others that chose the same
}

// one is a decoding step.
func (m *Model) one() kind { return kind{1, m.tuning, true} }

// chunk is a piece of a prompt.
func (m *Model) chunk() kind { return kind{m.tuning.Chunk, m.tuning, false} }

// few is a piece of a prompt by decoding's kernels.
func (m *Model) few() kind {
	t := m.tuning
	t.Prefill = t.Decode
	return kind{t.Chunk, t, true}
}

// draftTile is how many tokens of a draft share the weights that they read, where workgroup
// memory holds the sums of so many.
const draftTile = 4

// drafted is the last token and a draft, which shall give what they would give one by one:
// decoding's products, several at a time. Experts are grouped where memory is the limit; of
// few tokens hardly two choose the same, and CPU adapters compute in vain what is not there.
func (m *Model) drafted() kind {
	t := m.tuning
	t.Prefill = t.Decode
	sums := 4 * t.Decode.WG * t.Decode.Rows
	t.Prefill.Tile = max(1, min(draftTile, m.dev.Info().Limits.MaxComputeWorkgroupStorageSize/sums))
	return kind{1 + MaxDraft, t, t.Decode.Alone()}
}
