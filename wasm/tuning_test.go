//go:build js && wasm

package main

import (
	"testing"

	"github.com/hack-pad/safejs"
)

func TestTunings(t *testing.T) {
	ctx := t.Context()
	if _, ok := (tunings{}).Load(ctx, "none"); ok {
		t.Error("an empty cache has something")
	}
	tunings{}.Save(ctx, "key", []byte(`{"one":1}`))
	tunings{}.Save(ctx, "key", []byte(`{"two":2}`))
	if got, ok := (tunings{}).Load(ctx, "key"); !ok || string(got) != `{"two":2}` {
		t.Errorf("got %q, %v", got, ok)
	}
	if _, ok := (tunings{}).Load(ctx, "none"); ok {
		t.Error("one key gives another's")
	}

	// A private window may have no caches, or throw.
	caches, err := safejs.Global().Get("caches")
	if err != nil {
		t.Fatal(err)
	}
	define := func(value any) {
		object, _ := safejs.Global().Get("Object")
		if _, err := object.Call("defineProperty", safejs.Global(), "caches", map[string]any{"value": value, "configurable": true, "writable": true}); err != nil {
			t.Fatal(err)
		}
	}
	defer func() { define(caches) }()
	refuse, err := safejs.FuncOf(func(safejs.Value, []safejs.Value) any {
		promise, _ := safejs.Global().Get("Promise")
		rejected, _ := promise.Call("reject", "SecurityError")
		return rejected
	})
	if err != nil {
		t.Fatal(err)
	}
	defer refuse.Release()
	for _, bad := range []any{nil, map[string]any{"open": refuse}, map[string]any{"open": 1}} {
		define(bad)
		tunings{}.Save(ctx, "key", []byte("x"))
		if _, ok := (tunings{}).Load(ctx, "key"); ok {
			t.Error("kept where nothing can be")
		}
	}
}
