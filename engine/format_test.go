package engine_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"mixtab/engine"
	"mixtab/engine/chat"
	"mixtab/engine/grammar"
	"mixtab/engine/sample"
)

// person is short in all of its parts, so that a model that knows no JSON comes to an end.
const person = `{"type":"object","properties":{"name":{"type":"string","maxLength":12},"age":{"type":"integer","minimum":0,"maximum":120},
	"likes":{"type":"array","items":{"enum":["tea","coffee","lemons"]},"maxItems":2}},"required":["name","age","likes"],"additionalProperties":false}`

func compile(t *testing.T, schema string) *grammar.Grammar {
	t.Helper()
	g, err := grammar.Compile([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Whatever the sampling, an answer is what the schema describes, and ends with it.
func TestSchemaOutput(t *testing.T) {
	e := openDemo(t, engine.Config{})
	g := compile(t, person)
	tea := e.Tokenizer.Encode("tea")[0]
	for _, c := range []sample.Config{{}, {Temperature: 0.8, TopP: 0.9, Seed: 1}, {Temperature: 2, TopK: 50, RepetitionPenalty: 1.3, Seed: 2},
		{Temperature: 3, MinP: 0.001, Seed: 3}, {LogitBias: map[int32]float32{tea: 5}}} {
		text, res := ask(t, e, user("Who are you? Answer as JSON."), engine.Request{Sampling: c, Grammar: g})
		var got struct {
			Name  string
			Age   int
			Likes []string
		}
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&got); err != nil || len([]rune(got.Name)) > 12 || got.Age < 0 || got.Age > 120 || len(got.Likes) > 2 {
			t.Errorf("%+v: %q is no person: %v", c, text, err)
		}
		if res.Finish != engine.FinishStop || !strings.HasSuffix(text, "}") {
			t.Errorf("%+v: %q ended by %s", c, text, res.Finish)
		}
	}
}

// Any object is an answer in JSON mode; a bias for what ends it makes it short.
func TestJSONOutput(t *testing.T) {
	e := openDemo(t, engine.Config{})
	ends := map[int32]float32{}
	for id := range int32(e.Tokenizer.VocabSize()) {
		if text := e.Tokenizer.Bytes(id); strings.ContainsAny(text, `"}]`) {
			ends[id] = 6
		}
	}
	for seed := range uint64(8) {
		text, res := ask(t, e, user("What is the capital of France?"), engine.Request{Grammar: grammar.JSON(),
			Sampling: sample.Config{Temperature: 1, Seed: seed, LogitBias: ends}})
		var got map[string]any
		if err := json.Unmarshal([]byte(text), &got); err != nil || res.Finish != engine.FinishStop {
			t.Errorf("seed %d: %q (%s): %v", seed, text, res.Finish, err)
		}
	}
	cut, res := ask(t, e, user("Hello"), engine.Request{Grammar: grammar.JSON(), MaxTokens: 3})
	if res.Finish != engine.FinishLength || res.CompletionTokens != 3 || !strings.HasPrefix(cut, "{") {
		t.Errorf("cut: %q, %+v", cut, res)
	}
}

// As long as the mask bans nothing that the model would choose, the answer is the model's own:
// here behind a quotation mark, up to what must not stand in a JSON string.
func TestFormatChangesNothingElse(t *testing.T) {
	e := openDemo(t, engine.Config{})
	text := compile(t, `{"type":"string"}`)
	for _, question := range []string{"What is the capital of France?", "What is your favourite condiment?"} {
		for _, c := range []sample.Config{{}, {Temperature: 0.5, TopP: 0.5, RepetitionPenalty: 1.1, Seed: 5}} {
			msgs := append(user(question), chat.Message{Role: chat.Assistant, Content: `"`})
			free, _ := ask(t, e, msgs, engine.Request{Sampling: c, Continue: true, MaxTokens: 30})
			kept, res := ask(t, e, msgs, engine.Request{Sampling: c, Continue: true, MaxTokens: 30, Grammar: text})
			want := free
			if at := strings.IndexAny(free, "\"\\\n"); at >= 0 {
				want = free[:at]
			}
			if len(want) < 6 || !strings.HasPrefix(kept, want) {
				t.Errorf("%+v: %q without a format, %q (%s) with one", c, free, kept, res.Finish)
			}
		}
	}
}

// The place of the grammar is found again after the device was lost.
func TestFormatAfterDeviceLost(t *testing.T) {
	req := engine.Request{Sampling: sample.Config{Temperature: 1, Seed: 6}, Grammar: compile(t, person)}
	want, _ := ask(t, openDemo(t, engine.Config{}), user("Hello"), req)
	e, opened := openFragile(t, engine.Config{}, 14, 9)
	got, res := ask(t, e, user("Hello"), req)
	if got != want || res.Finish != engine.FinishStop || *opened != 3 {
		t.Errorf("got %q (%s) after %d devices, want %q", got, res.Finish, *opened, want)
	}
}

// An answer that was cut goes on within its document; another text cannot.
func TestFormatContinues(t *testing.T) {
	e := openDemo(t, engine.Config{})
	req := engine.Request{Grammar: compile(t, person)}
	whole, _ := ask(t, e, user("Hello"), req)
	for _, cut := range []int{1, len(whole) / 2, len(whole) - 1, len(whole)} {
		req.Continue = true
		msgs := append(user("Hello"), chat.Message{Role: chat.Assistant, Content: whole[:cut]})
		rest, res := ask(t, e, msgs, req)
		if !json.Valid([]byte(whole[:cut]+rest)) || res.Finish != engine.FinishStop {
			t.Errorf("%q went on with %q (%s)", whole[:cut], rest, res.Finish)
		}
	}
	msgs := append(user("Hello"), chat.Message{Role: chat.Assistant, Content: "Hello! How"})
	if _, err := e.Chat(t.Context(), msgs, req, func(engine.Delta) {}); !errors.Is(err, grammar.ErrAstray) {
		t.Errorf("got %v", err)
	}
}

func TestFormatTurnsDraftsOff(t *testing.T) {
	e := openDemo(t, engine.Config{})
	_, res := ask(t, e, user("Hello"), engine.Request{Grammar: compile(t, person), Speculate: 4})
	if !strings.Contains(res.SpeculationOff, "format") || res.DraftedTokens != 0 {
		t.Errorf("got %+v", res)
	}
}
