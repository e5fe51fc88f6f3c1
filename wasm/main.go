//go:build js && wasm

// Wasm is the engine in a browser's worker. It talks to the page by the messages of
// wasm/protocol, which the worker's JavaScript passes on: requests come in through
// globalThis.mixtabHandle, events go out through globalThis.mixtabHost.emit.
package main

import (
	"encoding/json"
	"fmt"

	"github.com/hack-pad/safejs"

	"mixtab/wasm/protocol"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "development"

func main() {
	emit, err := emitter()
	if err != nil {
		panic(fmt.Sprintf("mixtab: the worker has no mixtabHost: %v", err))
	}
	s := newServer(emit)
	handle, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		text, err := args[0].String()
		if err != nil {
			return nil
		}
		s.receive([]byte(text))
		return nil
	})
	if err == nil {
		err = safejs.Global().Set("mixtabHandle", handle)
	}
	if err != nil {
		panic(fmt.Sprintf("mixtab: the worker takes no handler: %v", err))
	}
	emit(protocol.Ready{Type: "ready", Version: version})
	s.serve()
}

// emitter returns the function that sends an event to the page.
func emitter() (func(protocol.Event), error) {
	host, err := safejs.Global().Get("mixtabHost")
	if err != nil {
		return nil, err
	}
	method, err := host.Get("emit")
	if err != nil {
		return nil, err
	}
	if method, err = method.Call("bind", host); err != nil {
		return nil, err
	}
	return func(e protocol.Event) {
		text, err := json.Marshal(e)
		if err != nil {
			panic(fmt.Sprintf("mixtab: event %T does not encode: %v", e, err))
		}
		method.Invoke(string(text))
	}, nil
}
