package engine_test

import (
	"strings"
	"testing"

	"mixtab/engine"
	"mixtab/engine/chat"
	"mixtab/engine/sample"
)

// repeating are conversations whose answers repeat what is there, and some that do not.
var repeating = []string{
	"Count from 1 to 12.",
	"What is your favourite condiment?",
	"What is the capital of France?",
	"Repeat: one, two, three, four, five, six, seven, one, two, three, four, five, six, seven.",
	"My name is Ada. What is my name?",
	"",
}

// With prompt lookup the answers are the same, greedy, sampled, and with penalties.
func TestSpeculation(t *testing.T) {
	e := openDemo(t, engine.Config{})
	drafted, accepted := 0, 0
	for i, question := range repeating {
		msgs := user(question)
		if i%2 == 1 { // the answer has been given already
			answer, _ := ask(t, e, msgs, engine.Request{MaxTokens: 60})
			msgs = append(msgs, chat.Message{Role: chat.Assistant, Content: answer}, user(question)[0])
		}
		for _, c := range []sample.Config{{}, {Temperature: 0.7, TopP: 0.95, Seed: 4}, {Temperature: 1, FrequencyPenalty: 0.3, RepetitionPenalty: 1.1, Seed: 9}} {
			req := engine.Request{Sampling: c, MaxTokens: 60}
			want, plain := ask(t, e, msgs, req)
			req.Speculate = 1 + (i+3)%7
			got, res := ask(t, e, msgs, req)
			if got != want || res.Finish != plain.Finish || res.CompletionTokens != plain.CompletionTokens {
				t.Errorf("%q, %+v, drafts of %d: %q (%+v), want %q (%+v)", question, c, req.Speculate, got, res, want, plain)
			}
			if res.SpeculationOff != "" || res.AcceptedTokens > res.DraftedTokens || plain.DraftedTokens != 0 {
				t.Errorf("%q: %+v, without drafts %+v", question, res, plain)
			}
			drafted, accepted = drafted+res.DraftedTokens, accepted+res.AcceptedTokens
		}
	}
	t.Logf("%d of %d drafted tokens were accepted", accepted, drafted)
	if accepted == 0 || accepted == drafted {
		t.Errorf("%d of %d drafted tokens were accepted: this tests nothing", accepted, drafted)
	}
}

// Drafts keep to the context's end.
func TestSpeculationFillsTheContext(t *testing.T) {
	for context := 72; context < 80; context++ {
		e := openDemo(t, engine.Config{Context: context})
		msgs := user("1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5")
		req := engine.Request{Sampling: sample.Config{FrequencyPenalty: -2}}
		want, plain := ask(t, e, msgs, req)
		req.Speculate = 7
		got, res := ask(t, e, msgs, req)
		if got != want || res.Finish != plain.Finish || res.PromptTokens+res.CompletionTokens != plain.PromptTokens+plain.CompletionTokens {
			t.Errorf("context %d: %q (%+v), want %q (%+v)", context, got, res, want, plain)
		}
	}
}

// What cannot speculate says so, and answers all the same.
func TestSpeculationOff(t *testing.T) {
	e := openDemo(t, engine.Config{})
	want, _ := ask(t, e, user("Count from 1 to 12."), engine.Request{})
	biased := engine.Request{Speculate: 4, Sampling: sample.Config{LogitBias: map[int32]float32{3: 0}}}
	got, res := ask(t, e, user("Count from 1 to 12."), biased)
	if got != want || !strings.Contains(res.SpeculationOff, "bias") || res.DraftedTokens != 0 {
		t.Errorf("with a bias: %q, %+v", got, res)
	}
	if err := e.SetExpertBudget(t.Context(), e.ExpertStats().BudgetBytes/2); err != nil {
		t.Fatal(err)
	}
	got, res = ask(t, e, user("Count from 1 to 12."), engine.Request{Speculate: 4})
	if got != want || !strings.Contains(res.SpeculationOff, "experts") || res.DraftedTokens != 0 {
		t.Errorf("with half of the experts: %q, %+v", got, res)
	}
	if _, err := e.Chat(t.Context(), user("Hello"), engine.Request{Speculate: 8}, nil); err == nil {
		t.Error("drafts of 8 tokens were taken")
	}
}

// A budget that becomes smaller in the middle of an answer ends its drafts and no more.
func TestSpeculationEnds(t *testing.T) {
	e := openDemo(t, engine.Config{})
	all := e.ExpertStats().BudgetBytes
	req := engine.Request{Speculate: 3, Sampling: sample.Config{FrequencyPenalty: -1}, MaxTokens: 50}
	want, _ := ask(t, e, user("Count from 1 to 12."), req)
	for _, after := range []int{1, 10} {
		var got strings.Builder
		changed := make(chan error, 1)
		asked := false
		res, err := e.Chat(t.Context(), user("Count from 1 to 12."), req, func(d engine.Delta) {
			got.WriteString(d.Text)
			if d.Tokens >= after && !asked {
				asked = true
				go func() { changed <- e.SetExpertBudget(t.Context(), all/2) }()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-changed; err != nil {
			t.Fatal(err)
		}
		if got.String() != want {
			t.Errorf("half of the experts after %d tokens: %q (%+v), want %q", after, got.String(), res, want)
		}
		if err := e.SetExpertBudget(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		if again, res := ask(t, e, user("Count from 1 to 12."), engine.Request{Sampling: req.Sampling, MaxTokens: 50}); again != want {
			t.Errorf("afterwards: %q (%+v), want %q", again, res, want)
		}
	}
}
