package mixtraltest

import (
	"slices"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/mixtral"
	"mixtab/engine/quant"
	"mixtab/engine/sample"
)

// Drafts runs answers with drafts of all lengths, right in their first 0 to all tokens, and
// compares them with the answers of decoding, greedy and sampled with penalties.
func Drafts(t *testing.T, dev gpu.Device) {
	for _, format := range []quant.Format{quant.Q4, quant.F32} {
		pack, man := Deep(t, format, 96)
		m, err := mixtral.Load(t.Context(), dev, pack.Source(dev), man, mixtral.Options{Context: 96})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if off, err := m.PrepareDrafts(t.Context()); off != "" || err != nil {
			t.Fatalf("%v: no drafts: %s %v", format, off, err)
		}
		const steps = 60
		for _, c := range []sample.Config{
			{},
			{FrequencyPenalty: 0.7, RepetitionPenalty: 1.3},
			{Temperature: 1.2, TopK: 60, TopP: 0.97, PresencePenalty: 0.5, RepetitionPenalty: 1.1, Seed: 5},
		} {
			want := drafted(t, m, c, steps, nil, nil)
			accepted := 0
			got := drafted(t, m, c, steps, want, &accepted)
			if !slices.Equal(got, want) {
				t.Errorf("%v, %+v: with drafts %v, without %v", format, c, got, want)
			}
			if accepted < steps/2 {
				t.Errorf("%v, %+v: %d of %d tokens were drafted", format, c, accepted, steps)
			}
			// Plain steps may come between, and go on from where drafts left off.
			if again := drafted(t, m, c, steps, nil, nil); !slices.Equal(again, want) {
				t.Errorf("%v, %+v: after drafts %v, before %v", format, c, again, want)
			}
		}
	}
}

// drafted samples tokens behind a prompt. Where it is told what they will be, it drafts.
func drafted(t *testing.T, m *mixtral.Model, c sample.Config, steps int, known []int32, accepted *int) []int32 {
	t.Helper()
	m.Cache().Truncate(0)
	if err := m.Begin(c); err != nil {
		t.Fatal(err)
	}
	if err := m.Prefill(t.Context(), []int32{1, 2, 3, 4, 5}); err != nil {
		t.Fatal(err)
	}
	s, err := m.SampleFirst()
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tokens := []int32{token}
	for pass := 0; len(tokens) < steps; pass++ {
		length := min(pass%(mixtral.MaxDraft+1), steps-len(tokens)-1)
		if known == nil || length <= 0 {
			s, err := m.Decode(t.Context(), len(tokens))
			if err != nil {
				t.Fatal(err)
			}
			token, err := s.Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			tokens = append(tokens, token)
			continue
		}
		draft := slices.Clone(known[len(tokens):][:length])
		right := pass * 5 % (length + 1)
		if right < length {
			draft[right] = (draft[right] + 1) % int32(m.Config.VocabSize)
		}
		more, err := m.DecodeDraft(t.Context(), len(tokens), draft)
		if err != nil {
			t.Fatal(err)
		}
		if len(more) != right+1 {
			t.Errorf("%d of %d drafted tokens are right, and %d came", right, length, len(more))
		}
		*accepted += len(more) - 1
		tokens = append(tokens, more...)
	}
	return tokens
}
