package engine_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"mixtab/engine"
	"mixtab/engine/chat"
	"mixtab/engine/sample"
)

// What is wrong with a request is said in one line, before any work.
func TestBadRequests(t *testing.T) {
	e := openDemo(t, engine.Config{Context: 64})
	long := strings.Repeat("word ", 100)
	for _, tt := range []struct {
		name string
		msgs []chat.Message
		req  engine.Request
		want string
		is   error
	}{
		{"too long", user(long), engine.Request{}, "the context is full: the prompt has 108 tokens, and the model keeps 64: shorten the conversation", engine.ErrContextFull},
		{"too long without its history", user(long), engine.Request{Drop: true}, "the context is full: the last message does not fit: it needs 108 tokens, and 48 are left: shorten it", engine.ErrContextFull},
		{"no message", nil, engine.Request{}, "the conversation has no message to answer", chat.ErrEmpty},
		{"only a system message", []chat.Message{{Role: chat.System, Content: "Be kind."}}, engine.Request{Drop: true}, "the conversation has no message to answer", chat.ErrEmpty},
		{"unknown role", []chat.Message{{Role: "tool", Content: "x"}}, engine.Request{}, `message 0 has the unknown role "tool"; use system, user or assistant`, nil},
		{"temperature", user("Hi"), engine.Request{Sampling: sample.Config{Temperature: math.NaN()}}, "sample: temperature is NaN; it must be between 0 and 100", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dispatches := e.Counters().Dispatches
			_, err := e.Chat(t.Context(), tt.msgs, tt.req, func(engine.Delta) { t.Error("it was answered") })
			if err == nil || err.Error() != tt.want || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if e.Counters().Dispatches != dispatches {
				t.Error("the device has worked")
			}
		})
	}
}
