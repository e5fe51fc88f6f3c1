//go:build js && wasm

package webgpu

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/hack-pad/safejs"

	"mixtab/engine/gpu"
)

// What became of a request; driver.js has the same numbers.
const (
	done = iota
	validationError
	outOfMemory
	lost
	shaderError
	noWebGPU
)

// A reply is what driver.js settled a request with.
type reply struct {
	kind         int
	value        safejs.Value // on done
	message      string       // else
	line, column int          // of a shaderError
}

// err is the reply as a typed error. op names the request.
func (r reply) err(op string) error {
	switch r.kind {
	case done:
		return nil
	case outOfMemory:
		return fmt.Errorf("webgpu: %s: %w: %s", op, gpu.ErrOutOfMemory, r.message)
	case lost:
		return lostError(r.message)
	case noWebGPU:
		return fmt.Errorf("webgpu: %s: %w", r.message, gpu.ErrNoWebGPU)
	}
	return &gpu.ValidationError{Op: op, Message: r.message}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func lostError(message string) error {
	return fmt.Errorf("webgpu: %w: %s", gpu.ErrDeviceLost, message)
}

// requests are those under way. Go on js/wasm runs one goroutine at a time, but the
// collector may switch at any call of a function, one that grows a map included.
type requests struct {
	mu      sync.Mutex
	pending map[int]func(reply)
	next    int
	calls   uint64 // crossings from JavaScript
}

// add returns the token that driver.js settles; then runs inside JavaScript's call
// and must not block.
func (q *requests) add(then func(reply)) (token int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	token = q.next
	q.next++
	q.pending[token] = then
	return token
}

// take removes a request that is settled or will not be.
func (q *requests) take(token int) (then func(reply), ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	then, ok = q.pending[token]
	delete(q.pending, token)
	return then, ok
}

// settle is driver.js's callback.
func (q *requests) settle(_ safejs.Value, args []safejs.Value) any {
	q.calls++
	token, _ := args[0].Int()
	then, ok := q.take(token)
	if !ok {
		return nil
	}
	r := reply{}
	r.kind, _ = args[1].Int()
	switch {
	case r.kind != done:
		r.message, _ = args[2].String()
		if r.kind != shaderError {
			r.message = oneLine(r.message)
		}
	case len(args) > 2:
		r.value = args[2]
	}
	if r.kind == shaderError {
		r.line, _ = args[3].Int()
		r.column, _ = args[4].Int()
	}
	then(r)
	return nil
}

// failAll settles what is under way, for a device that will not do it any more.
func (q *requests) failAll(r reply) {
	q.mu.Lock()
	failed := q.pending
	q.pending = map[int]func(reply){}
	q.mu.Unlock()
	for _, then := range failed {
		then(r)
	}
}

// await starts a request and waits for its reply, or for the context.
func (q *requests) await(ctx context.Context, start func(token int) error) (reply, error) {
	if err := ctx.Err(); err != nil {
		return reply{}, fmt.Errorf("webgpu: %w", err)
	}
	replies := make(chan reply, 1)
	token := q.add(func(r reply) { replies <- r })
	if err := start(token); err != nil {
		q.take(token)
		return reply{}, err
	}
	select {
	case r := <-replies:
		return r, nil
	case <-ctx.Done():
		return reply{}, fmt.Errorf("webgpu: %w", ctx.Err())
	}
}

// guard turns a JavaScript exception, which cogentcore/webgpu lets through as a
// panic, into an error.
func guard(op string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &gpu.ValidationError{Op: op, Message: fmt.Sprint(p)}
		}
	}()
	return f()
}

// thrown is the error of a safejs call that threw.
func thrown(op string, err error) error {
	if err == nil {
		return nil
	}
	var js safejs.Error
	if errors.As(err, &js) {
		return &gpu.ValidationError{Op: op, Message: js.Error()}
	}
	return &gpu.ValidationError{Op: op, Message: err.Error()}
}
