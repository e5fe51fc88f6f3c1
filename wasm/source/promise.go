//go:build js && wasm

package source

import (
	"context"

	"github.com/hack-pad/safejs"
)

// A Rejection is what a promise was rejected with: a FetchError of fetch.js or
// whatever else JavaScript threw.
type Rejection struct{ Kind, Message string }

func (r *Rejection) Error() string { return r.Message }

// settled waits for a promise. Nothing blocks inside JavaScript's callbacks.
func settled(ctx context.Context, promise safejs.Value) (safejs.Value, error) {
	type outcome struct {
		value safejs.Value
		err   error
	}
	outcomes := make(chan outcome, 1)
	fulfilled, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		outcomes <- outcome{value: args[0]}
		return nil
	})
	if err != nil {
		return safejs.Value{}, err
	}
	rejected, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		outcomes <- outcome{err: rejection(args[0])}
		return nil
	})
	if err != nil {
		return safejs.Value{}, err
	}
	if _, err := promise.Call("then", fulfilled, rejected); err != nil {
		return safejs.Value{}, err
	}
	select {
	case o := <-outcomes:
		fulfilled.Release()
		rejected.Release()
		return o.value, o.err
	case <-ctx.Done():
		return safejs.Value{}, ctx.Err() // the callbacks live on for the promise
	}
}

func rejection(reason safejs.Value) error {
	r := &Rejection{Message: "unknown JavaScript error"}
	if message, err := reason.Get("message"); err == nil {
		if text, err := message.String(); err == nil {
			r.Message = text
		}
	}
	if kind, err := reason.Get("kind"); err == nil && kind.Type() == safejs.TypeString {
		r.Kind, _ = kind.String()
	}
	return r
}
