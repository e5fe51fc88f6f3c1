package server

import (
	"io"
	"net/http"
	"strconv"
	"strings"
)

// csp is the page's Content-Security-Policy. Packs may come from any host, so connect-src
// allows all of them, but only over https; a pack under development also from this machine.
// The engine's worker may start from a blob, which is how a page of another origin starts
// it. Nothing is ever evaluated from a string but WebAssembly.
//
// Text becomes HTML, and an address a script, only through a policy of this list: Lit's for
// the page's own templates, one for the Markdown that DOMPurify has cleaned, one for the
// engine's workers and one for the service worker.
var csp = strings.Join([]string{
	"default-src 'self'",
	"script-src 'self' 'wasm-unsafe-eval'",
	"worker-src 'self' blob:",
	"connect-src 'self' https: http://localhost:* http://127.0.0.1:*",
	"style-src 'self'",
	"img-src 'self' data: blob:",
	"object-src 'none'",
	"base-uri 'none'",
	"form-action 'self'",
	"frame-ancestors 'none'",
	"require-trusted-types-for 'script'",
	"trusted-types lit-html mixtab-markdown mixtab-worker mixtab-service-worker",
}, "; ")

// permissions turns off what the page never asks for.
var permissions = strings.Join([]string{
	"accelerometer=()", "camera=()", "display-capture=()", "geolocation=()", "gyroscope=()", "hid=()",
	"magnetometer=()", "microphone=()", "midi=()", "payment=()", "serial=()", "usb=()",
}, ", ")

// A field is a line of a header, ready to be put into an http.Header without copying.
// Nobody changes the slice.
type field struct {
	name  string // in Go's spelling, as in Etag
	value []string
}

func newField(name, value string) field { return field{http.CanonicalHeaderKey(name), []string{value}} }

type fields []field

func (f fields) set(h http.Header) {
	for _, each := range f {
		h[each.name] = each.value
	}
}

// secure is what every response carries. COOP and COEP together make the page
// cross-origin isolated, which gives it finer clocks and memory measurement.
var secure = fields{
	newField("Content-Security-Policy", csp),
	newField("Permissions-Policy", permissions),
	newField("Cross-Origin-Opener-Policy", "same-origin"),
	newField("Cross-Origin-Embedder-Policy", "require-corp"),
	newField("Cross-Origin-Resource-Policy", "same-origin"),
	newField("Referrer-Policy", "no-referrer"),
	newField("X-Content-Type-Options", "nosniff"),
}

// share opens a response to pages of other origins.
var share = fields{
	newField("Access-Control-Allow-Origin", "*"),
	newField("Access-Control-Expose-Headers", "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, ETag"),
	newField("Cross-Origin-Resource-Policy", "cross-origin"),
	newField("Timing-Allow-Origin", "*"),
}

// allowed answers which methods there are; to a CORS preflight it also names the
// request headers that a loader uses to resume.
func allowed(h http.Header, preflight bool) {
	h.Set("Allow", "GET, HEAD, OPTIONS")
	if preflight {
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "If-Match, If-None-Match, If-Range, Range")
		h.Set("Access-Control-Max-Age", "86400")
	}
}

// say answers with a short text that is not worth an ETag.
func say(w http.ResponseWriter, code int, text string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(code)
	io.WriteString(w, text) // to a HEAD, net/http sends none of it
}

// fail answers with one line of what is wrong.
func fail(w http.ResponseWriter, code int, text string) { say(w, code, text+"\n") }
