package kernel

import "mixtab/engine/gpu"

// SampleParams is sample.wgsl's Params.
type SampleParams struct{ Vocab, Row, Draft uint32 }

// Sample picks the next token from one row of logits and advances the state, so that
// the next pass can follow without the host: the token goes to tokens[0], and to
// out[step % ring] for the host to collect.
//
//	logits f32[vocab], sampling u32[SamplingWords], counts u32[vocab], tokens, state, out u32[ring]
func Sample(t Tuning, logits, sampling, counts, tokens, state, out gpu.Binding, vocab, ring int) Call {
	return sample(t, logits, sampling, counts, tokens, state, out, ring, SampleParams{Vocab: uint32(vocab)})
}

// SampleDraft is Sample for a row of a pass that runs the last token and a draft behind it,
// which lies in tokens from 1 on. It does nothing unless the row before gave tokens[row]:
// the draft is right so far, and this row's logits are those of a decoding step.
//
//	logits f32[rows, vocab]
func SampleDraft(t Tuning, logits, sampling, counts, tokens, state, out gpu.Binding, row, vocab, ring int) Call {
	return sample(t, logits, sampling, counts, tokens, state, out, ring, SampleParams{Vocab: uint32(vocab), Row: uint32(row), Draft: 1})
}

func sample(t Tuning, logits, sampling, counts, tokens, state, out gpu.Binding, ring int, p SampleParams) Call {
	return Call{
		stem:     "sample",
		consts:   []gpu.Constant{{Name: "WG", Value: uint32(t.SampleWG)}, {Name: "RING", Value: uint32(ring)}},
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.ReadWrite, gpu.ReadWrite, gpu.ReadWrite, gpu.ReadWrite},
		bindings: []gpu.Binding{logits, sampling, counts, tokens, state, out},
		params:   p,
		grid:     [3]int{1, 1, 1},
		work:     numbersWork(4*int(p.Vocab), 1, 0, 0),
	}
}
