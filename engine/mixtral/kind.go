package mixtral

import "mixtab/engine/kernel"

// A kind of pass: of at most n tokens, multiplied as the tuning says.
type kind struct {
	n      int
	tuning kernel.Tuning
}

// one is a decoding step.
func (m *Model) one() kind { return kind{1, m.tuning} }

// chunk is a piece of a prompt.
func (m *Model) chunk() kind { return kind{m.tuning.Chunk, m.tuning} }

// few is a piece of a prompt by decoding's kernels.
func (m *Model) few() kind {
	t := m.tuning
	t.Prefill = t.Decode
	return kind{t.Chunk, t}
}

// several are tokens that shall give what they would give one by one: decoding's products,
// with a block for all of them, or for as many as workgroup memory holds the sums of.
func (m *Model) several(n int) kind {
	t := m.tuning
	t.Prefill = t.Decode
	t.Prefill.Tile = max(1, min(n, m.dev.Info().Limits.MaxComputeWorkgroupStorageSize/(4*t.Decode.WG*t.Decode.Rows)))
	return kind{n, t}
}

// apart says whether each token reads its experts by itself, and not with others that
// chose the same.
func (k kind) apart() bool { return k.n == 1 || k.tuning.Prefill == k.tuning.Decode }
