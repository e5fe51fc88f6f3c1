//go:build js && wasm

package main

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"syscall/js"

	"github.com/hack-pad/safejs"
)

// repaired is a handler as github.com/syumai/workers v0.31.0 can serve it. What goes round
// that version's mistakes is in this file, or is named here where it has to be elsewhere;
// links are to its source.
//
//   - A header's value is split at every comma, which tears dates, lists of ETags and
//     several ranges apart: joined again here.
//     https://github.com/syumai/workers/blob/v0.31.0/internal/jshttp/header.go, ToHeader
//   - A body that Go writes passes through a stream that is fixed to Content-Length, which
//     fails where a HEAD has a length and no body; through two callbacks that are never
//     released; and through a Close that ends the program's one response and panics at
//     the second. So every body is given as a JavaScript value, complete.
//     https://github.com/syumai/workers/blob/v0.31.0/internal/jshttp/response.go, newJSResponse
//     https://github.com/syumai/workers/blob/v0.31.0/internal/jsutil/stream.go, ConvertReaderToReadableStream
//     https://github.com/syumai/workers/blob/v0.31.0/handler_js.go, appCloser
//   - Whoever waits for a promise leaves one of two callbacks behind: await of promise.go.
//     https://github.com/syumai/workers/blob/v0.31.0/internal/jsutil/jsutil.go, AwaitPromise
//   - A bucket knows no ranges: bucket.go asks the binding itself.
//     https://github.com/syumai/workers/blob/v0.31.0/cloudflare/r2/bucket.go, Get
//   - A handler that panics takes the program with it, and with it all other requests:
//     answered with 500 here.
//     https://github.com/syumai/workers/blob/v0.31.0/handler_js.go, handleRequest
//   - An address that Go's parser refuses, such as one with %zz, is an error that nobody
//     answers for: worker.mjs says 400 before it comes to that.
//     https://github.com/syumai/workers/blob/v0.31.0/internal/jshttp/request.go, ToRequest
func repaired(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range r.Header {
			r.Header[name] = []string{strings.Join(values, ",")}
		}
		res := &response{header: w.Header()}
		serve(next, res, r)
		if res.status == 0 {
			res.status = http.StatusOK
		}
		w.WriteHeader(res.status)
		body, err := res.value(r.Method == http.MethodHead)
		if err != nil {
			panic(err) // JavaScript has no memory left
		}
		w.(interface{ WriteRawJSBody(js.Value) }).WriteRawJSBody(safejs.Unsafe(body))
	})
}

// serve turns a panic into an answer.
func serve(next http.Handler, res *response, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Printf("edge: panic at %s %s: %v\n%s", r.Method, r.URL.Path, p, debug.Stack())
			clear(res.header)
			res.status, res.body, res.stream = 0, nil, safejs.Value{}
			res.header.Set("Cache-Control", "no-store")
			http.Error(res, "the server has made a mistake", http.StatusInternalServerError)
		}
	}()
	next.ServeHTTP(res, r)
}

// value is the body as JavaScript has it: null for a HEAD, the bucket's stream, or bytes.
func (r *response) value(head bool) (safejs.Value, error) {
	if head || len(r.body) == 0 && r.stream.IsUndefined() {
		return safejs.Null(), nil
	}
	if !r.stream.IsUndefined() {
		return r.stream, nil
	}
	class, err := safejs.Global().Get("Uint8Array")
	if err != nil {
		return class, err
	}
	array, err := class.New(len(r.body))
	if err != nil {
		return array, err
	}
	_, err = safejs.CopyBytesToJS(array, r.body)
	return array, err
}
