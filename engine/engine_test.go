package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"mixtab/demo"
	"mixtab/engine"
	"mixtab/engine/chat"
	"mixtab/engine/gpu"
	"mixtab/engine/ref"
	"mixtab/engine/sample"
	"mixtab/packdir"
)

// openDemo opens the embedded model in plain Go.
func openDemo(t *testing.T, cfg engine.Config) *engine.Engine {
	t.Helper()
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	dev := ref.New()
	e, err := engine.Open(t.Context(), dev, pack.Source(dev), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func user(text string) []chat.Message { return []chat.Message{{Role: chat.User, Content: text}} }

// ask returns the whole answer and its result.
func ask(t *testing.T, e *engine.Engine, msgs []chat.Message, req engine.Request) (string, engine.Result) {
	t.Helper()
	var text strings.Builder
	res, err := e.Chat(t.Context(), msgs, req, func(d engine.Delta) { text.WriteString(d.Text) })
	if err != nil {
		t.Fatal(err)
	}
	return text.String(), res
}

func TestChat(t *testing.T) {
	e := openDemo(t, engine.Config{})
	msgs := user("What is your favourite condiment?")
	answer, res := ask(t, e, msgs, engine.Request{})
	if !strings.HasPrefix(answer, "Well, I'm quite partial to a good squeeze of fresh lemon juice.") || res.Finish != engine.FinishStop {
		t.Errorf("got %q, %+v", answer, res)
	}
	msgs = append(msgs, chat.Message{Role: chat.Assistant, Content: answer}, user("Do you have mayonnaise recipes?")[0])
	second, res := ask(t, e, msgs, engine.Request{})
	if !strings.Contains(second, "egg yolk") {
		t.Errorf("got %q", second)
	}
	// The prompt and the answer but its end token are in the cache.
	if res.CachedTokens < res.PromptTokens/2 {
		t.Errorf("%d of %d prompt tokens came from the cache", res.CachedTokens, res.PromptTokens)
	}
}

func TestSeeds(t *testing.T) {
	e := openDemo(t, engine.Config{})
	req := engine.Request{Sampling: sample.Config{Temperature: 2, Seed: 7}, MaxTokens: 40}
	first, _ := ask(t, e, user("Hello"), req)
	again, _ := ask(t, e, user("Hello"), req)
	req.Sampling.Seed = 8
	other, _ := ask(t, e, user("Hello"), req)
	if first != again || first == other {
		t.Errorf("seed 7 gave %q and %q, seed 8 %q", first, again, other)
	}
}

func TestLimits(t *testing.T) {
	e := openDemo(t, engine.Config{Context: 80})
	full, res := ask(t, e, user("Count from 1 to 12."), engine.Request{})
	if res.Finish != engine.FinishStop || !strings.HasPrefix(full, "1, 2, 3") {
		t.Fatalf("got %q, %+v", full, res)
	}
	for _, c := range []struct {
		name   string
		req    engine.Request
		want   string
		finish engine.Finish
	}{
		{"max tokens", engine.Request{MaxTokens: 2}, full[:1], engine.FinishLength},
		{"stop string", engine.Request{Stop: []string{"nothing", " 4"}}, full[:strings.Index(full, " 4")], engine.FinishStop},
		{"stop string over two tokens", engine.Request{Stop: []string{"2, 3,"}}, full[:strings.Index(full, "2, 3,")], engine.FinishStop},
		{"empty stop string", engine.Request{Stop: []string{""}}, full, engine.FinishStop},
		{"half a stop string at the end", engine.Request{Stop: []string{full[len(full)-2:] + "!"}}, full, engine.FinishStop},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, res := ask(t, e, user("Count from 1 to 12."), c.req)
			if got != c.want || res.Finish != c.finish {
				t.Errorf("got %q (%s), want %q (%s)", got, res.Finish, c.want, c.finish)
			}
		})
	}
}

// An answer that the context cuts off ends at the last position, without an error.
func TestContextEnds(t *testing.T) {
	e := openDemo(t, engine.Config{Context: 24})
	_, res := ask(t, e, user("Count from 1 to 12."), engine.Request{})
	if got, want := res.PromptTokens+res.CompletionTokens, 24+1; res.Finish != engine.FinishLength || got != want {
		t.Errorf("%+v: %d tokens in all, want %d", res, got, want)
	}
}

func TestTooLong(t *testing.T) {
	e := openDemo(t, engine.Config{Context: 40})
	before := e.Counters()
	_, err := e.Chat(t.Context(), user(strings.Repeat("very long ", 100)), engine.Request{}, func(engine.Delta) { t.Error("it answered") })
	if !errors.Is(err, engine.ErrContextFull) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line with ErrContextFull", err)
	}
	_, err = e.Chat(t.Context(), user(strings.Repeat("very long ", 100)), engine.Request{Drop: true}, nil)
	if !errors.Is(err, engine.ErrContextFull) {
		t.Errorf("got %v, want ErrContextFull", err)
	}
	if after := e.Counters(); after.Dispatches != before.Dispatches {
		t.Errorf("%d dispatches before the refusal", after.Dispatches-before.Dispatches)
	}
}

func TestDrop(t *testing.T) {
	e := openDemo(t, engine.Config{Context: 96})
	var msgs []chat.Message
	for range 6 {
		msgs = append(msgs, user("What is the capital of France?")[0], chat.Message{Role: chat.Assistant, Content: "The capital of France is Paris."})
	}
	msgs = append(msgs, user("What is the capital of Spain?")[0])
	answer, res := ask(t, e, msgs, engine.Request{Drop: true})
	if res.DroppedMessages == 0 || res.DroppedMessages%2 != 0 || !strings.Contains(answer, "Madrid") {
		t.Errorf("got %q, %+v", answer, res)
	}
}

func TestBadConversations(t *testing.T) {
	e := openDemo(t, engine.Config{Context: 64})
	for _, c := range []struct {
		name string
		msgs []chat.Message
	}{
		{"nothing", nil},
		{"only a system message", []chat.Message{{Role: chat.System, Content: "Be brief."}}},
		{"unknown role", []chat.Message{{Role: "tool", Content: "42"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := e.Chat(t.Context(), c.msgs, engine.Request{}, nil); err == nil {
				t.Error("no error")
			}
		})
	}
	if _, err := e.Chat(t.Context(), user("Hi"), engine.Request{Sampling: sample.Config{TopP: 2}}, nil); err == nil {
		t.Error("top_p 2 gave no error")
	}
	// An empty message is answered like any other.
	if answer, _ := ask(t, e, user(""), engine.Request{}); answer == "" {
		t.Error("an empty message has no answer")
	}
}

func TestCancel(t *testing.T) {
	e := openDemo(t, engine.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	var text strings.Builder
	res, err := e.Chat(ctx, user("Count from 1 to 12."), engine.Request{}, func(d engine.Delta) {
		if text.WriteString(d.Text); d.Tokens == 5 {
			cancel()
		}
	})
	if err != nil || res.Finish != engine.FinishCancelled || res.CompletionTokens != 5 {
		t.Errorf("got %q, %+v, %v", text.String(), res, err)
	}
	// The engine goes on as if nothing had been.
	again, res := ask(t, e, user("Count from 1 to 12."), engine.Request{})
	if !strings.HasPrefix(again, text.String()) || res.Finish != engine.FinishStop {
		t.Errorf("got %q after %q", again, text.String())
	}
	cancelled, stop := context.WithCancel(t.Context())
	stop()
	res, err = e.Chat(cancelled, user("Hello"), engine.Request{}, func(engine.Delta) { t.Error("it answered") })
	if err != nil || res.Finish != engine.FinishCancelled || res.CompletionTokens != 0 {
		t.Errorf("got %+v, %v", res, err)
	}
}

// The tokens of an answer do not depend on what the cache held before.
func TestReuseEqualsRecompute(t *testing.T) {
	e := openDemo(t, engine.Config{})
	history := append(user("My name is Ada."), chat.Message{Role: chat.Assistant, Content: "Nice to meet you, Ada!"}, user("What is my name?")[0])
	prompt, err := chat.Encode(e.Tokenizer, history)
	if err != nil {
		t.Fatal(err)
	}
	generate := func() []int32 {
		var ids []int32
		for id, err := range e.Generate(t.Context(), prompt, sample.Config{Temperature: 1, Seed: 3}) {
			if err != nil {
				t.Fatal(err)
			}
			if ids = append(ids, id); len(ids) == 20 {
				break
			}
		}
		return ids
	}
	ask(t, e, history[:1], engine.Request{})
	if e.Reused(prompt) == 0 {
		t.Error("nothing of the prompt is in the cache")
	}
	reused := generate()
	e.Forget()
	if e.Reused(prompt) != 0 {
		t.Error("the cache is not empty")
	}
	if fresh := generate(); !slices.Equal(fresh, reused) {
		t.Errorf("with the cache %v, without %v", reused, fresh)
	}
}

func TestOpenRefuses(t *testing.T) {
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	dev := ref.NewWithLimits(gpu.Limits{MaxBufferSize: 64 << 10, MaxStorageBufferBindingSize: 64 << 10, MaxStorageBuffersPerShaderStage: 8,
		MaxComputeWorkgroupsPerDimension: 65535})
	if _, err := engine.Open(t.Context(), dev, pack.Source(dev), engine.Config{}); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("a device of 64 KiB buffers gave %v, want an error of one line", err)
	}
}
