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

// What a response carries depends on where it is, and on nothing else. Each list is as
// short as it can be: of a small file's time net/http spent a third on a header of 12 fields.
// Its map grows with the ninth and the fifteenth, and each value is searched for line ends.
var (
	// The page is cross-origin isolated by COOP and COEP together, which gives it finer
	// clocks and measures of memory. All of this is for documents, and for this origin.
	own = fields{
		newField("Content-Security-Policy", csp),
		newField("Cross-Origin-Embedder-Policy", "require-corp"),
		newField("Cross-Origin-Opener-Policy", "same-origin"),
		newField("Cross-Origin-Resource-Policy", "same-origin"),
		newField("Permissions-Policy", permissions),
		newField("Referrer-Policy", "no-referrer"),
		newField("X-Content-Type-Options", "nosniff"),
	}

	// Pages of other origins may load the library. What it consists of is neither document
	// nor worker, and has no policy to state.
	library = fields{
		newField("Access-Control-Allow-Origin", "*"),
		newField("Cross-Origin-Resource-Policy", "cross-origin"),
		newField("X-Content-Type-Options", "nosniff"),
	}

	// A worker takes its policies from its script, and is no document.
	workers = append(fields{
		newField("Content-Security-Policy", csp),
		newField("Cross-Origin-Embedder-Policy", "require-corp"),
		newField("Referrer-Policy", "no-referrer"),
	}, library...)

	// Packs are data, of which a loader wants to know more than its bytes.
	packs = append(fields{
		newField("Access-Control-Expose-Headers", "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, ETag"),
	}, library...)
)

const methods = "GET, HEAD, OPTIONS"

// options says which methods there are, and to pages of other origins, where they may
// ask, with which headers: those that a loader uses to resume.
func options(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Allow", methods)
	if h.Get("Access-Control-Allow-Origin") != "" {
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "If-Match, If-None-Match, If-Range, Range")
		h.Set("Access-Control-Max-Age", "86400")
	}
	w.WriteHeader(http.StatusNoContent)
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
