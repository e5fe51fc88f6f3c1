package kernel

import "mixtab/engine/gpu"

// SampleParams is sample.wgsl's Params.
type SampleParams struct{ Vocab uint32 }

// Sample picks the next token from one row of logits and advances the state, so that
// the next pass can follow without the host: the token goes to tokens[0], and to
// out[step % ring] for the host to collect.
//
//	logits f32[vocab], sampling u32[SamplingWords], counts u32[vocab], tokens, state, out u32[ring]
func Sample(t Tuning, logits, sampling, counts, tokens, state, out gpu.Binding, vocab, ring int) Call {
	return Call{
		stem:     "sample",
		consts:   []gpu.Constant{{Name: "WG", Value: uint32(t.SampleWG)}, {Name: "RING", Value: uint32(ring)}},
		access:   []gpu.Access{gpu.Read, gpu.Read, gpu.ReadWrite, gpu.ReadWrite, gpu.ReadWrite, gpu.ReadWrite},
		bindings: []gpu.Binding{logits, sampling, counts, tokens, state, out},
		params:   SampleParams{Vocab: uint32(vocab)},
		grid:     [3]int{1, 1, 1},
		work:     numbersWork(4*vocab, 1, 0, 0),
	}
}
