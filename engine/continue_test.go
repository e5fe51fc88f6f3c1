package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"mixtab/engine"
	"mixtab/engine/chat"
	"mixtab/engine/sample"
)

// An answer that is continued becomes what it would have been in one piece, wherever its
// text has the tokens that the model had chosen; greedy, and with all that depends on the
// tokens before: seeds and penalties.
func TestContinue(t *testing.T) {
	e := openDemo(t, engine.Config{})
	msgs := user("What is your favourite condiment?")
	for _, c := range []sample.Config{{}, {Temperature: 1.5, FrequencyPenalty: 0.5, RepetitionPenalty: 1.1, Seed: 11}} {
		whole, full := ask(t, e, msgs, engine.Request{Sampling: c, MaxTokens: 16})
		prompt, err := chat.Encode(e.Tokenizer, msgs)
		if err != nil {
			t.Fatal(err)
		}
		ids := generated(t, e, prompt, c, full.CompletionTokens)
		agreed := 0
		for n := 0; n < full.CompletionTokens; n++ {
			begun := e.Tokenizer.Decode(ids[:n])
			if !strings.HasPrefix(whole, begun) || !slices.Equal(e.Tokenizer.AppendEncode([]int32{}, begun), ids[:n]) {
				continue
			}
			agreed++
			// The answer so far is what the cache holds, as after a Stop.
			ask(t, e, msgs, engine.Request{Sampling: c, MaxTokens: max(1, n)})
			open := append(slices.Clone(msgs), chat.Message{Role: chat.Assistant, Content: begun})
			rest, res := ask(t, e, open, engine.Request{Sampling: c, MaxTokens: full.CompletionTokens - n, Continue: true})
			if begun+rest != whole || res.Finish != full.Finish || res.CompletionTokens != full.CompletionTokens-n {
				t.Errorf("%+v, after %d tokens: %q and %q (%+v), want %q (%+v)", c, n, begun, rest, res, whole, full)
			}
			if want := len(prompt) + n - 1; n > 0 && res.CachedTokens != want || res.PromptTokens != len(prompt)+n {
				t.Errorf("after %d tokens: %+v, want %d tokens from the cache", n, res, want)
			}
		}
		if agreed < full.CompletionTokens/2 {
			t.Errorf("%+v: the text has the model's tokens at %d of %d places: this tests little", c, agreed, full.CompletionTokens)
		}
	}
}

// generated are the first n tokens that follow a prompt.
func generated(t *testing.T, e *engine.Engine, prompt []int32, c sample.Config, n int) (ids []int32) {
	t.Helper()
	for id, err := range e.Generate(t.Context(), prompt, c) {
		if err != nil {
			t.Fatal(err)
		}
		if ids = append(ids, id); len(ids) == n {
			break
		}
	}
	return ids
}

func TestContinueRefuses(t *testing.T) {
	e := openDemo(t, engine.Config{Context: 64})
	_, err := e.Chat(t.Context(), user("Hello"), engine.Request{Continue: true}, func(engine.Delta) { t.Error("it answered") })
	if !errors.Is(err, chat.ErrNoAnswer) {
		t.Errorf("got %v, want %v", err, chat.ErrNoAnswer)
	}
	long := append(user("Hello"), chat.Message{Role: chat.Assistant, Content: strings.Repeat("very long ", 100)})
	_, err = e.Chat(t.Context(), long, engine.Request{Continue: true}, func(engine.Delta) { t.Error("it answered") })
	if !errors.Is(err, engine.ErrContextFull) {
		t.Errorf("got %v, want %v", err, engine.ErrContextFull)
	}
}
