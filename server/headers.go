package server

import (
	"net/http"
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

// secure sets what every response carries. COOP and COEP together make the page
// cross-origin isolated, which gives it finer clocks and memory measurement.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", csp)
	h.Set("Permissions-Policy", permissions)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// share opens a response to pages of other origins.
func share(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, ETag")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Timing-Allow-Origin", "*")
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

// normaliseRange removes a Range header that we answer with the whole body: several
// ranges, units other than bytes, and any range of a HEAD, for which none is defined.
// What is left is one range of bytes, for net/http to judge.
func normaliseRange(r *http.Request) {
	values := r.Header.Values("Range")
	if len(values) == 0 {
		return
	}
	unit, set, _ := strings.Cut(values[0], "=")
	if len(values) > 1 || r.Method != http.MethodGet || unit != "bytes" || strings.Contains(set, ",") {
		r.Header.Del("Range")
	}
}

// fail answers with one line of plain text. http.Error drops the headers that belong to
// the body that is not sent.
func fail(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, text, code)
}
