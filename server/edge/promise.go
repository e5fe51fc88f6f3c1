//go:build js && wasm

package main

import (
	"container/list"
	"errors"
	"time"

	"github.com/hack-pad/safejs"
)

// owed are the promises that goroutines wait for, oldest first. When a client breaks off,
// the runtime ends the request with all that it waits for, and what was promised to it is
// neither kept nor broken: its goroutine would wait for ever. A timer cannot help, as it
// would be the request's too. So each new wait ends those that have lasted too long.
var owed = list.New() // of *wait; Go has one thread here, and nothing below yields

type wait struct {
	since   time.Time
	outcome chan outcome // with room for one
	release func()
}

type outcome struct {
	value safejs.Value
	err   error
}

// patience is how long a bucket may take to answer. What it answers with is a stream, so
// that the size of it does not matter.
const patience = time.Minute

var errNoAnswer = errors.New("no answer within a minute")

// await waits for a promise, and leaves nothing behind, as the program lives on.
func await(promise safejs.Value) (safejs.Value, error) {
	now := time.Now()
	for e := owed.Front(); e != nil && now.Sub(e.Value.(*wait).since) > patience; e = owed.Front() {
		settle(e, outcome{err: errNoAnswer})
	}
	var place *list.Element
	fulfilled, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		settle(place, outcome{value: args[0]})
		return nil
	})
	if err != nil {
		return safejs.Value{}, err
	}
	rejected, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		settle(place, outcome{err: rejection(args[0])})
		return nil
	})
	if err != nil {
		return safejs.Value{}, err
	}
	w := &wait{now, make(chan outcome, 1), func() { fulfilled.Release(); rejected.Release() }}
	place = owed.PushBack(w)
	if _, err := promise.Call("then", fulfilled, rejected); err != nil {
		settle(place, outcome{err: err})
	}
	o := <-w.outcome
	return o.value, o.err
}

// settle ends a wait. One that was given up is never settled again, as its callbacks are
// released with it.
func settle(place *list.Element, o outcome) {
	w := owed.Remove(place).(*wait)
	w.release()
	w.outcome <- o
}

// rejection is what a promise was broken with.
func rejection(reason safejs.Value) error {
	if message, err := text(reason, "message"); err == nil {
		return errors.New(message)
	}
	return errors.New("a JavaScript error without a message")
}

// property follows names from an object.
func property(v safejs.Value, names ...string) (safejs.Value, error) {
	var err error
	for _, name := range names {
		if v, err = v.Get(name); err != nil {
			return v, err
		}
	}
	return v, nil
}

// text is a property that has to be a string.
func text(v safejs.Value, name string) (string, error) {
	p, err := v.Get(name)
	if err != nil {
		return "", err
	}
	return p.String()
}

// bytesOf copies an ArrayBuffer.
func bytesOf(buffer safejs.Value) ([]byte, error) {
	class, err := safejs.Global().Get("Uint8Array")
	if err != nil {
		return nil, err
	}
	array, err := class.New(buffer)
	if err != nil {
		return nil, err
	}
	n, err := array.Length()
	if err != nil {
		return nil, err
	}
	data := make([]byte, n)
	_, err = safejs.CopyBytesToGo(data, array)
	return data, err
}
