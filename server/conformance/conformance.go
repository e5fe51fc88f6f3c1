// Package conformance says how a server of mixtab answers, as a test of any that runs:
// ranges, conditional requests, other origins, errors, large files. It speaks HTTP/1.1 to
// an address and knows nothing of what is behind it.
//
// [Write] makes the files that the target has to serve, and [Run] asks for them.
package conformance

import (
	"crypto/tls"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// A Target is a running server of the fixture.
type Target struct {
	URL string      // http://127.0.0.1:8080
	TLS *tls.Config // for https; nil trusts what the machine trusts

	// Page says that the target serves the page too, in the codings that lie beside
	// its files.
	Page bool

	// Differences are where the target may answer otherwise. One that it does not make
	// use of is an error, so that the list stays true.
	Differences []Difference
}

// A Difference is something that the suite would say of a target, and why it may.
type Difference struct {
	Case string // a pattern for the case's name as the test prints it, such as `^errors/other_pack`
	Says string // a pattern for what the suite says: `^Content-Length is "", want`
	Why  string
}

// Run holds the target to the suite.
func Run(t *testing.T, target Target) {
	s := &suite{name: t.Name(), target: target, fixture: made(), used: make([]bool, len(target.Differences))}
	for _, d := range target.Differences {
		if d.Why == "" {
			t.Errorf("the difference %+v does not say why", d)
		}
		s.cases, s.says = append(s.cases, regexp.MustCompile(d.Case)), append(s.says, regexp.MustCompile(d.Says))
	}
	t.Run("packs", s.packs)
	t.Run("ranges", s.ranges)
	t.Run("conditions", s.conditions)
	t.Run("origins", s.origins)
	t.Run("errors", s.errors)
	t.Run("connection", s.connection)
	t.Run("large", s.large)
	t.Run("self", s.self)
	if target.Page {
		t.Run("page", s.pageFiles)
	}
	for i, used := range s.used {
		if !used && !t.Failed() {
			t.Errorf("the target no longer differs as it may: remove %+v", target.Differences[i])
		}
	}
}

type suite struct {
	name    string
	target  Target
	fixture *fixture

	cases, says []*regexp.Regexp // of the target's differences
	used        []bool
}

// problem tells what is wrong with an answer, unless the target may differ there.
func (s *suite) problem(t *testing.T, format string, args ...any) {
	t.Helper()
	name := strings.TrimPrefix(t.Name(), s.name+"/")
	text := fmt.Sprintf(format, args...)
	for i, d := range s.target.Differences {
		if s.cases[i].MatchString(name) && s.says[i].MatchString(text) {
			s.used[i] = true
			t.Logf("%s: allowed, as %s", text, d.Why)
			return
		}
	}
	t.Error(text)
}

// An exchange is a request and the answer to it.
type exchange struct {
	name    string
	method  string // GET if empty
	path    string // as it stands in the request line
	header  []string
	status  int
	headers map[string]string // "" wants the header absent
	body    string
	anyBody bool // whatever is said
}

func (s *suite) run(t *testing.T, exchanges ...exchange) {
	for _, e := range exchanges {
		t.Run(e.name, func(t *testing.T) {
			c := dial(t, s.target)
			s.check(t, c, e)
		})
	}
}

// check makes an exchange on a connection and returns the answer.
func (s *suite) check(t *testing.T, c *conn, e exchange) *reply {
	t.Helper()
	if e.method == "" {
		e.method = "GET"
	}
	got, err := c.ask(e.method, e.path, e.header...)
	if err != nil {
		s.problem(t, "%s %s: %v", e.method, e.path, err)
		return nil
	}
	if got.status != e.status {
		s.problem(t, "status %d, want %d", got.status, e.status)
	}
	for name, want := range e.headers {
		if got := strings.Join(got.header.Values(name), ", "); got != want {
			s.problem(t, "%s is %q, want %q", name, got, want)
		}
	}
	if !e.anyBody && string(got.body) != e.body {
		s.problem(t, "body of %d bytes %.60q, want %d bytes %.60q", len(got.body), got.body, len(e.body), e.body)
	}
	if strings.Contains(string(got.body), secret) {
		t.Errorf("%s reaches a file that no list names", e.path)
	}
	s.secured(t, e.path, got)
	return got
}

// secured checks what every answer carries by where it is: the page all policies, a
// worker's script those of workers, the library and packs none.
func (s *suite) secured(t *testing.T, path string, got *reply) {
	t.Helper()
	document := map[string]string{"Cross-Origin-Opener-Policy": "same-origin",
		"Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), " +
			"magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()"}
	worker := map[string]string{"Cross-Origin-Embedder-Policy": "require-corp", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; " +
			"connect-src 'self' https: http://localhost:* http://127.0.0.1:*; style-src 'self'; img-src 'self' data: blob:; " +
			"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; " +
			"trusted-types lit-html mixtab-markdown mixtab-worker mixtab-service-worker"}
	isPack := strings.HasPrefix(path, "/packs/") || path == "/packs.json"
	isWorker := strings.HasPrefix(path, "/workers/")
	isPage := !isPack && !isWorker && !strings.HasPrefix(path, "/assets/") && !strings.HasPrefix(path, "/lib/")
	want := map[string]string{"X-Content-Type-Options": "nosniff", "Access-Control-Expose-Headers": ""}
	if isPack {
		want["Access-Control-Expose-Headers"] = "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, ETag"
	}
	for name, value := range document {
		want[name] = ""
		if isPage {
			want[name] = value
		}
	}
	for name, value := range worker {
		want[name] = ""
		if isPage || isWorker {
			want[name] = value
		}
	}
	for name, value := range want {
		if got := got.header.Get(name); got != value {
			s.problem(t, "%s is %q, want %q", name, got, value)
		}
	}
}

// with is some headers and more.
func with(base map[string]string, more ...string) map[string]string {
	all := make(map[string]string)
	for name, value := range base {
		all[name] = value
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

const (
	immutable  = "public, max-age=31536000, immutable"
	revalidate = "no-cache"
)

// shared is what lets pages of other origins use an answer; own is what does not.
var (
	shared = map[string]string{"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
	own    = map[string]string{"Access-Control-Allow-Origin": "", "Cross-Origin-Resource-Policy": "same-origin"}
)
