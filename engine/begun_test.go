package engine_test

import (
	"strings"
	"testing"

	"mixtab/engine"
	"mixtab/engine/sample"
)

// An answer that another engine had begun goes on behind any of its deltas as that engine's
// would have, whatever it depends on: seed, penalties, the limit, and text that was held back
// as it may become a stop string.
func TestBegun(t *testing.T) {
	e := openDemo(t, engine.Config{})
	msgs := user("What is your favourite condiment?")
	sampled := sample.Config{Temperature: 1.5, FrequencyPenalty: 0.5, RepetitionPenalty: 1.1, Seed: 11}
	for _, req := range []engine.Request{
		{MaxTokens: 12},
		{Sampling: sampled, MaxTokens: 12},
		{Stop: []string{"quite a lot", "lemon jam", "fresh lemon"}},
	} {
		var deltas []engine.Delta
		full, err := e.Chat(t.Context(), msgs, req, func(d engine.Delta) { deltas = append(deltas, d) })
		if err != nil {
			t.Fatal(err)
		}
		for cut := range len(deltas) + 1 {
			e.Forget()
			again := req
			var text, whole strings.Builder
			for i, d := range deltas {
				whole.WriteString(d.Text)
				if i < cut {
					text.WriteString(d.Text)
					again.Begun = append(again.Begun, d.IDs...)
				}
			}
			tokens := len(again.Begun)
			res, err := e.Chat(t.Context(), msgs, again, func(d engine.Delta) {
				text.WriteString(d.Text)
				if tokens += len(d.IDs); tokens != d.Tokens {
					t.Errorf("%d ids came with %d tokens", tokens, d.Tokens)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if text.String() != whole.String() || res.Finish != full.Finish || res.PromptTokens != full.PromptTokens ||
				res.CompletionTokens != full.CompletionTokens {
				t.Errorf("%+v, behind %d of %d deltas: %q (%+v), want %q (%+v)", req, cut, len(deltas), text.String(), res, whole.String(), full)
			}
		}
	}
}
