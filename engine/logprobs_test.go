package engine_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"mixtab/engine"
	"mixtab/engine/chat"
	"mixtab/engine/mixtral"
	"mixtab/engine/sample"
)

// told is an answer with all that was told of its tokens.
type told struct {
	text     string
	logprobs []engine.TokenLogprobs
	routing  []mixtral.Routing
	res      engine.Result
}

// watch asks with everything told.
func watch(t *testing.T, e *engine.Engine, msgs []chat.Message, req engine.Request) (a told) {
	t.Helper()
	req.Logprobs, req.TopLogprobs = true, 5
	req.Routing = func(r mixtral.Routing) { a.routing = append(a.routing, r) }
	var err error
	a.res, err = e.Chat(t.Context(), msgs, req, func(d engine.Delta) {
		a.text += d.Text
		a.logprobs = append(a.logprobs, d.Logprobs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// spelled is what the tokens add up to.
func (a told) spelled() string {
	var text []byte
	for _, l := range a.logprobs {
		text = append(text, l.Bytes...)
	}
	return string(text)
}

// What is told of the tokens changes none of them, and is told once of each: every token but
// the end token has its probabilities, and their bytes are the answer.
func TestTold(t *testing.T) {
	e := openDemo(t, engine.Config{})
	for _, c := range []sample.Config{{}, {Temperature: 1.5, TopK: 30, Seed: 2}, {LogitBias: map[int32]float32{3: 0}}} {
		msgs := user("Count from 1 to 12.")
		want, plain := ask(t, e, msgs, engine.Request{Sampling: c, MaxTokens: 30})
		a := watch(t, e, msgs, engine.Request{Sampling: c, MaxTokens: 30})
		if a.text != want || a.res.CompletionTokens != plain.CompletionTokens {
			t.Errorf("%+v: told %q, else %q", c, a.text, want)
		}
		tokens := plain.CompletionTokens
		if plain.Finish == engine.FinishStop {
			tokens--
		}
		if len(a.logprobs) != tokens || a.spelled() != want {
			t.Errorf("%+v: %d tokens told that spell %q, want %d and %q", c, len(a.logprobs), a.spelled(), tokens, want)
		}
		for i, l := range a.logprobs {
			sum, last := 0.0, 0.0
			for _, o := range l.Top {
				if o.Logprob > last || o.ID == l.ID && o.Logprob != l.Logprob {
					t.Errorf("%+v, token %d: %+v", c, i, l)
				}
				last = o.Logprob
				sum += math.Exp(o.Logprob)
			}
			if len(l.Top) != 5 || sum > 1+1e-9 || l.Logprob > l.Top[0].Logprob || c.Temperature == 0 && l.ID != l.Top[0].ID {
				t.Errorf("%+v, token %d: %+v, %v in all", c, i, l, sum)
			}
		}
		for i, r := range a.routing {
			if r.Number != i {
				t.Errorf("%+v: routing %d is told as that of token %d", c, i, r.Number)
			}
		}
		if len(a.routing) != plain.CompletionTokens {
			t.Errorf("%+v: %d routings of %d tokens", c, len(a.routing), plain.CompletionTokens)
		}
	}
}

// The same is told whatever the expert budget, also when the device was lost.
func TestToldTheSame(t *testing.T) {
	msgs := user("What is your favourite condiment?")
	req := engine.Request{Sampling: sample.Config{Temperature: 0.8, Seed: 3}, MaxTokens: 12}
	whole := openDemo(t, engine.Config{})
	want := watch(t, whole, msgs, req)
	budget := whole.ExpertStats().BudgetBytes
	for _, part := range []int64{2, 4} {
		e := openDemo(t, engine.Config{ExpertBudget: budget / part})
		got := watch(t, e, msgs, req)
		if got.text != want.text || !reflect.DeepEqual(got.logprobs, want.logprobs) {
			t.Errorf("1/%d: %q and other probabilities than of %q", part, got.text, want.text)
		}
		loads := 0
		for i, r := range got.routing {
			loads += len(r.Loads)
			r.Loads = nil
			if !reflect.DeepEqual(r, want.routing[i]) {
				t.Errorf("1/%d: %+v, want %+v", part, r, want.routing[i])
			}
		}
		if loads == 0 || uint64(loads) > e.ExpertStats().Loads {
			t.Errorf("1/%d: told of %d loads, of %d with the prompt's", part, loads, e.ExpertStats().Loads)
		}
	}
	for _, lives := range [][]int{{1}, {9}, {20, 30}} {
		e, _ := openFragile(t, engine.Config{}, lives...)
		got := watch(t, e, msgs, req)
		if got.text != want.text || got.spelled() != want.text || len(got.logprobs) != len(want.logprobs) {
			t.Fatalf("lost after %v submits: %q with %d tokens told, want %q with %d", lives, got.text, len(got.logprobs), want.text, len(want.logprobs))
		}
		for i, l := range got.logprobs { // prefill sums in another order than decoding
			if l.ID != want.logprobs[i].ID || math.Abs(l.Logprob-want.logprobs[i].Logprob) > 1e-3 {
				t.Errorf("lost after %v submits, token %d: %+v, want %+v", lives, i, l, want.logprobs[i])
			}
		}
		last := -1
		for _, r := range got.routing {
			if r.Number <= last {
				t.Errorf("lost after %v submits: token %d told after token %d", lives, r.Number, last)
			}
			last = r.Number
		}
	}
}

// Tokens whose text is held back, or taken by a stop string, are told all the same.
func TestToldOfHeldText(t *testing.T) {
	e := openDemo(t, engine.Config{})
	msgs := user("Count from 1 to 12.")
	a := watch(t, e, msgs, engine.Request{Stop: []string{"2, 3,"}})
	if !strings.HasPrefix(a.spelled(), a.text+"2, 3,") || len(a.logprobs) != a.res.CompletionTokens {
		t.Errorf("stopped behind %q: %d tokens told of %d, which spell %q", a.text, len(a.logprobs), a.res.CompletionTokens, a.spelled())
	}
	script := append(e.Tokenizer.Encode("é😀"), e.Tokenizer.EOS())
	forced := func(answer []int32) ([]uint32, error) {
		only := make([]uint32, e.Tokenizer.VocabSize()/32+1)
		only[script[len(answer)]/32] = 1 << (script[len(answer)] % 32)
		return only, nil
	}
	parts := 0
	_, err := e.Chat(t.Context(), msgs, engine.Request{Sampling: sample.Config{Mask: forced}, Logprobs: true}, func(d engine.Delta) {
		var bytes []byte
		for _, l := range d.Logprobs {
			bytes = append(bytes, l.Bytes...)
			if strings.HasPrefix(l.Text, `\xf0`) || strings.HasPrefix(l.Text, `\x9f`) {
				parts++
			}
			if l.Logprob > 0 || math.IsInf(l.Logprob, 0) || l.Top != nil {
				t.Errorf("of a masked token: %+v", l)
			}
		}
		if string(bytes) != d.Text {
			t.Errorf("%q came with the tokens of %q", d.Text, bytes)
		}
	})
	if err != nil || parts != 2 {
		t.Errorf("%d tokens with a part of the emoji, %v", parts, err)
	}
}

// An answer that goes on numbers its own tokens, the first with its space.
func TestToldOfContinued(t *testing.T) {
	e := openDemo(t, engine.Config{})
	open := append(user("What is your favourite condiment?"), chat.Message{Role: chat.Assistant, Content: "Well, I'm"})
	a := watch(t, e, open, engine.Request{Continue: true, MaxTokens: 4})
	if a.text != " quite parti" || a.spelled() != a.text || a.logprobs[0].Text != " qu" || len(a.routing) != 4 || a.routing[0].Number != 0 {
		t.Errorf("got %+v", a)
	}
}

func TestToldRefuses(t *testing.T) {
	e := openDemo(t, engine.Config{Context: 64})
	for _, n := range []int{-1, engine.MaxTopLogprobs + 1} {
		if _, err := e.Chat(t.Context(), user("Hi"), engine.Request{Logprobs: true, TopLogprobs: n}, nil); err == nil || !strings.Contains(err.Error(), "top_logprobs") {
			t.Errorf("%d alternatives: %v", n, err)
		}
	}
	for _, req := range []engine.Request{{Logprobs: true}, {Routing: func(mixtral.Routing) {}}} {
		req.Speculate, req.MaxTokens = 4, 4
		if _, res := ask(t, e, user("Hi"), req); !strings.Contains(res.SpeculationOff, "are told") || res.DraftedTokens != 0 {
			t.Errorf("got %+v", res)
		}
	}
}
