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
	"mixtab/engine/kernel"
	"mixtab/engine/mixtral"
	"mixtab/engine/ref"
	"mixtab/packdir"
)

// saved is what was copied off a device.
type saved struct {
	tokens []int32
	bytes  []byte
}

// openOn opens the demo and gives its device, too.
func openOn(t *testing.T, cfg engine.Config) (*engine.Engine, gpu.Device) {
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
	return e, dev
}

func save(t *testing.T, e *engine.Engine, dev gpu.Device, msgs []chat.Message) (s saved) {
	t.Helper()
	err := e.SaveCache(msgs, func(tokens []int32, stretches []mixtral.Stretch) error {
		s.tokens = tokens
		for _, st := range stretches {
			piece := make([]byte, st.Bytes)
			if err := gpu.ReadInto(t.Context(), dev, st.Buffer, st.Offset, piece); err != nil {
				return err
			}
			s.bytes = append(s.bytes, piece...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func restore(t *testing.T, e *engine.Engine, dev gpu.Device, s saved) bool {
	t.Helper()
	rest := s.bytes
	ok, err := e.RestoreCache(t.Context(), s.tokens, func(_ context.Context, stretches []mixtral.Stretch) error {
		for _, st := range stretches {
			if err := dev.Write(st.Buffer, st.Offset, rest[:st.Bytes]); err != nil {
				return err
			}
			rest = rest[st.Bytes:]
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if ok && len(rest) != 0 && len(rest) != len(s.bytes) {
		t.Errorf("%d of %d bytes were left over", len(rest), len(s.bytes))
	}
	return ok
}

// A conversation that was saved goes on in another engine, of another context length too,
// without running again, and its answer is the same.
func TestSaveCache(t *testing.T) {
	for _, format := range kernel.KVFormats {
		e, dev := openOn(t, engine.Config{KV: format})
		msgs := user("What is your favourite condiment?")
		answer, _ := ask(t, e, msgs, engine.Request{})
		msgs = append(msgs, chat.Message{Role: chat.Assistant, Content: answer})
		s := save(t, e, dev, msgs)
		msgs = append(msgs, user("Do you have mayonnaise recipes?")[0])
		want, plain := ask(t, e, msgs, engine.Request{MaxTokens: 20})

		other, dev2 := openOn(t, engine.Config{KV: format, Context: e.Context() / 2})
		if !restore(t, other, dev2, s) {
			t.Fatalf("%s: was not restored", format)
		}
		got, res := ask(t, other, msgs, engine.Request{MaxTokens: 20})
		if got != want || res.CachedTokens != plain.CachedTokens || res.CachedTokens < len(s.tokens)-1 {
			t.Errorf("%s: restored %q with %d tokens from the cache, want %q with %d", format, got, res.CachedTokens, want, plain.CachedTokens)
		}
		if again := save(t, other, dev2, msgs); !slices.Equal(again.tokens[:len(s.tokens)], s.tokens) {
			t.Errorf("%s: holds other tokens", format)
		}
	}
}

// What does not fit is left out, what is there already is not moved again, and what fails
// half way leaves nothing.
func TestRestoreCacheRefuses(t *testing.T) {
	e, dev := openOn(t, engine.Config{})
	counting := user("Count from 1 to 12.")
	if s := save(t, e, dev, counting); s.tokens != nil {
		t.Errorf("an empty cache was saved: %v", s.tokens)
	}
	answer, _ := ask(t, e, counting, engine.Request{})
	if s := save(t, e, dev, user("What is your favourite condiment?")); s.tokens != nil {
		t.Errorf("another conversation was saved: %v", s.tokens)
	}
	s := save(t, e, dev, append(counting, chat.Message{Role: chat.Assistant, Content: answer}))
	never := func(context.Context, []mixtral.Stretch) error { return errors.New("was moved") }
	if ok, err := e.RestoreCache(t.Context(), s.tokens[:8], never); !ok || err != nil {
		t.Errorf("what is there: %v, %v", ok, err)
	}
	small, _ := openOn(t, engine.Config{Context: len(s.tokens) - 1})
	if ok, err := small.RestoreCache(t.Context(), s.tokens, never); ok || err != nil {
		t.Errorf("what does not fit: %v, %v", ok, err)
	}
	other := append([]int32{s.tokens[0] + 1}, s.tokens[1:]...)
	if ok, err := e.RestoreCache(t.Context(), other, never); ok || err == nil || !strings.Contains(err.Error(), "was moved") {
		t.Errorf("what fails: %v, %v", ok, err)
	}
	if again, res := ask(t, e, user("Count from 1 to 12."), engine.Request{}); again != answer || res.CachedTokens != 0 {
		t.Errorf("after the failure %q, %+v", again, res)
	}
}

// The identity tells formats and packs apart.
func TestCacheIdentity(t *testing.T) {
	seen := map[string]bool{}
	for _, format := range kernel.KVFormats {
		e, _ := openOn(t, engine.Config{KV: format, Context: 64})
		id, err := e.CacheIdentity()
		if err != nil || seen[id] || !strings.Contains(id, format.String()) {
			t.Errorf("%q, %v", id, err)
		}
		seen[id] = true
	}
}
