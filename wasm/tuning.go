//go:build js && wasm

package main

import (
	"context"
	"net/url"

	"github.com/hack-pad/safejs"

	"mixtab/wasm/source"
)

// tunings keep what was measured about the GPU in the browser's Cache Storage. Where the
// browser keeps none, as in some private windows, it is measured again.
type tunings struct{}

// address is where a tuning is kept; nobody serves it. Another version of the browser
// compiles kernels in another way.
func (tunings) address(key string) (string, error) {
	navigator, err := safejs.Global().Get("navigator")
	if err != nil {
		return "", err
	}
	agent, err := navigator.Get("userAgent")
	if err != nil {
		return "", err
	}
	browser, err := agent.String()
	return "https://mixtab.invalid/tunings/" + key + "?browser=" + url.QueryEscape(browser), err
}

// cache calls a method of the cache for tunings.
func (tunings) cache(ctx context.Context, method string, args ...any) (v safejs.Value, err error) {
	caches, err := safejs.Global().Get("caches")
	if err != nil {
		return v, err
	}
	cache, err := await(ctx, caches, "open", "mixtab-tunings")
	if err != nil {
		return v, err
	}
	return await(ctx, cache, method, args...)
}

// await calls a method that gives a promise.
func await(ctx context.Context, object safejs.Value, method string, args ...any) (safejs.Value, error) {
	promise, err := object.Call(method, args...)
	if err != nil {
		return safejs.Value{}, err
	}
	return source.Await(ctx, promise)
}

// Load implements engine.Tunings.
func (t tunings) Load(ctx context.Context, key string) ([]byte, bool) {
	address, err := t.address(key)
	if err != nil {
		return nil, false
	}
	response, err := t.cache(ctx, "match", address)
	if err != nil || response.IsUndefined() {
		return nil, false
	}
	text, err := await(ctx, response, "text")
	if err != nil {
		return nil, false
	}
	value, err := text.String()
	return []byte(value), err == nil
}

// Save implements engine.Tunings.
func (t tunings) Save(ctx context.Context, key string, value []byte) {
	address, err := t.address(key)
	if err != nil {
		return
	}
	constructor, err := safejs.Global().Get("Response")
	if err != nil {
		return
	}
	if response, err := constructor.New(string(value)); err == nil {
		t.cache(ctx, "put", address, response) // without it, the next Open measures
	}
}
