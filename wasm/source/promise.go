//go:build js && wasm

package source

import (
	"context"

	"github.com/hack-pad/safejs"
)

// A Rejection is what a promise was rejected with: a StoreError of the store or
// whatever else JavaScript threw.
type Rejection struct{ Kind, Message string }

func (r *Rejection) Error() string { return r.Message }

// An outcome is what a promise came to.
type outcome struct {
	value safejs.Value
	err   error
}

// Await waits for a promise.
func Await(ctx context.Context, promise safejs.Value) (safejs.Value, error) {
	return settled(ctx, promise, nil)
}

// settled waits for a promise. Nothing blocks inside JavaScript's callbacks. A context
// that ends the waiting does not end what was promised: late is given that, when it
// comes after all.
func settled(ctx context.Context, promise safejs.Value, late func(safejs.Value)) (safejs.Value, error) {
	outcomes := make(chan outcome, 1)
	var fulfilled, rejected safejs.Func
	settle := func(o outcome) any {
		fulfilled.Release()
		rejected.Release()
		outcomes <- o
		return nil
	}
	fulfilled, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		return settle(outcome{value: args[0]})
	})
	if err != nil {
		return safejs.Value{}, err
	}
	rejected, err = safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		return settle(outcome{err: rejection(args[0])})
	})
	if err != nil {
		return safejs.Value{}, err
	}
	if _, err := promise.Call("then", fulfilled, rejected); err != nil {
		return safejs.Value{}, err
	}
	select {
	case o := <-outcomes:
		return o.value, o.err
	case <-ctx.Done():
		if late != nil {
			go func() {
				if o := <-outcomes; o.err == nil {
					late(o.value)
				}
			}()
		}
		return safejs.Value{}, ctx.Err()
	}
}

func rejection(reason safejs.Value) error {
	r := &Rejection{Message: "unknown JavaScript error"}
	if message, err := text(reason, "message"); err == nil {
		r.Message = message
	}
	if kind, err := text(reason, "kind"); err == nil {
		r.Kind = kind
	}
	return r
}

// text is a property that has to be a string.
func text(object safejs.Value, name string) (string, error) {
	v, err := object.Get(name)
	if err != nil {
		return "", err
	}
	return v.String()
}

// number is a property that has to be a number.
func number(object safejs.Value, name string) (float64, error) {
	v, err := object.Get(name)
	if err != nil {
		return 0, err
	}
	return v.Float()
}

// truth is a property that has to be a boolean.
func truth(object safejs.Value, name string) (bool, error) {
	v, err := object.Get(name)
	if err != nil {
		return false, err
	}
	return v.Bool()
}
