package conformance

import (
	"io"
	"strings"
	"testing"
)

// origins asks as pages of other origins do.
func (s *suite) origins(t *testing.T) {
	const origin = "Origin: https://example.com"
	preflight := func(name, path string) exchange {
		return exchange{name: name, method: "OPTIONS", path: path, status: 204,
			header: []string{origin, "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: range, if-range"},
			headers: with(shared, "Access-Control-Allow-Methods", "GET, HEAD", "Access-Control-Max-Age", "86400",
				"Access-Control-Allow-Headers", "If-Match, If-None-Match, If-Range, Range")}
	}
	s.run(t,
		preflight("preflight for a shard", packOf+s.fixture.shard),
		preflight("preflight for the list", "/packs.json"),
		exchange{name: "options", method: "OPTIONS", path: "/healthz", status: 204,
			headers: with(own, "Allow", "GET, HEAD, OPTIONS", "Access-Control-Allow-Methods", "")},
		exchange{name: "shard", path: packOf + s.fixture.shard, header: []string{origin, "Range: bytes=0-0"}, status: 206, anyBody: true, headers: shared},
		exchange{name: "missing file of a pack", path: packOf + "nothing", header: []string{origin}, status: 404, anyBody: true, headers: shared},
		exchange{name: "health", path: "/healthz", header: []string{origin}, status: 200, body: "ok\n", headers: own},
	)
}

// errors asks for what is not there, and in ways that there are not.
func (s *suite) errors(t *testing.T) {
	f := s.fixture
	hash := strings.Trim(etagOf(f.shard), `"`)
	text := map[string]string{"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", "ETag": ""}
	missing := func(name, path string) exchange {
		return exchange{name: name, path: path, status: 404, headers: text, anyBody: true}
	}
	const noFile = "this pack has no such file: its manifest.json names them all\n"
	const noPack = "there is no such pack: /packs.json lists them\n"
	s.run(t,
		exchange{name: "other pack", path: "/packs/other/manifest.json", status: 404, headers: with(text, "Access-Control-Allow-Origin", "*"), body: noPack},
		exchange{name: "no pack", path: "/packs/", status: 404, headers: text, body: noPack},
		exchange{name: "unlisted file", path: packOf + "secret.txt", status: 404, headers: text, body: noFile},
		exchange{name: "unlisted hash", path: packOf + "shards/" + strings.Repeat("0", 64) + ".bin", status: 404, headers: text, body: noFile},
		exchange{name: "unlisted hash with a range", path: packOf + "shards/" + strings.Repeat("0", 64) + ".bin", header: []string{"Range: bytes=0-9", "If-Match: *"},
			status: 404, headers: text, body: noFile},
		exchange{name: "torrent of a pack without", path: "/packs/" + Large + "/pack.torrent", status: 404, headers: text, body: noFile},
		exchange{name: "tokenizer of a pack without", path: "/packs/" + Large + "/tokenizer.model", status: 404, headers: text, body: noFile},
		missing("pack folder", packOf),
		missing("pack folder without slash", "/packs/"+Small),
		missing("shard folder", packOf+"shards/"),
		missing("hash in capitals", packOf+"shards/"+strings.ToUpper(hash)+".bin"),
		missing("hash without ending", packOf+"shards/"+hash),
		missing("hash outside shards", packOf+hash+".bin"),
		missing("slash behind a file", packOf+f.shard+"/"),
		missing("two slashes", "//packs/"+Small+"/manifest.json"),
		missing("empty pack name", "/packs//manifest.json"),
		missing("old list", "/packs/index.json"),
		missing("page file", "/nothing"),
		exchange{name: "head of what is missing", method: "HEAD", path: packOf + "nothing", status: 404, headers: text},
	)
	for _, method := range []string{"PUT", "POST", "DELETE", "PATCH"} {
		s.run(t, exchange{name: method, method: method, path: packOf + f.shard, status: 405,
			header: []string{"Content-Length: 0"}, body: "method " + method + " is not allowed here: use GET or HEAD\n",
			headers: with(text, "Allow", "GET, HEAD, OPTIONS")})
	}
	for name, path := range map[string]string{
		"dots":                  packOf + "shards/../secret.txt",
		"dots in escapes":       packOf + "shards/%2e%2e/secret.txt",
		"slash in escapes":      packOf + "shards/..%2fsecret.txt",
		"all in escapes":        packOf + "shards%2f%2e%2e%2fsecret.txt",
		"escapes twice":         packOf + "shards/%252e%252e%252fsecret.txt",
		"backslashes":           packOf + `shards\..\secret.txt`,
		"backslash in escapes":  packOf + "shards%5c..%5csecret.txt",
		"zero byte":             packOf + "secret.txt%00.bin",
		"dot":                   packOf + "./secret.txt",
		"overlong dots":         packOf + "shards/%c0%ae%c0%ae/secret.txt",
		"to the root":           "/../../../../../../../../etc/passwd",
		"to the root, escaped":  packOf + "%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
		"absolute":              packOf + "/etc/passwd",
		"hidden file":           "/.hidden",
		"broken escape":         packOf + "%zz",
		"name with a semicolon": packOf + "secret.txt;.bin",
	} {
		t.Run("traversal by "+name, func(t *testing.T) { s.traversal(t, path) })
	}
}

// traversal asks for a file that no list names. Which error says so may depend on how
// much of such a path a server takes.
func (s *suite) traversal(t *testing.T, path string) {
	for _, method := range []string{"GET", "HEAD"} {
		got, err := dial(t, s.target).ask(method, path)
		switch {
		case err != nil:
			s.problem(t, "%s: %v", method, err)
		case strings.Contains(string(got.body), secret) || strings.Contains(string(got.body), "root:"):
			t.Errorf("%s reaches the file: %.60q", method, got.body)
		case got.status != 404 && got.status != 400:
			s.problem(t, "%s: status %d, want 404 or 400", method, got.status)
		}
	}
}

// connection makes many requests on one connection: an error, or a body that is left
// out, must not shift what comes after it.
func (s *suite) connection(t *testing.T) {
	f := s.fixture
	path, all := packOf+f.shard, string(f.small[f.shard])
	etag := etagOf(f.shard)
	t.Run("goes on", func(t *testing.T) {
		c := dial(t, s.target)
		for range 2 {
			for _, e := range []exchange{
				{path: path, status: 200, body: all},
				{method: "HEAD", path: path, status: 200},
				{path: "/packs/other/", status: 404, anyBody: true},
				{path: path, header: []string{"Range: bytes=1-2"}, status: 206, body: all[1:3]},
				{path: path, header: []string{"Range: bytes=9999999-"}, status: 416, anyBody: true},
				{path: path, header: []string{"If-None-Match: " + etag}, status: 304},
				{path: path, header: []string{`If-Match: "other"`}, status: 412, anyBody: true},
				{method: "HEAD", path: packOf + "nothing", status: 404},
				{method: "OPTIONS", path: path, status: 204},
				{method: "DELETE", path: path, header: []string{"Content-Length: 0"}, status: 405, anyBody: true},
				{path: manifest, status: 200, anyBody: true},
				{method: "HEAD", path: manifest, header: []string{"Accept-Encoding: gzip"}, status: 200},
				{path: "/healthz", status: 200, body: "ok\n"},
			} {
				if s.check(t, c, e) == nil {
					return
				}
			}
		}
	})
	t.Run("is closed when asked", func(t *testing.T) {
		c := dial(t, s.target)
		s.check(t, c, exchange{path: path, header: []string{"Connection: close"}, status: 200, body: all})
		if rest, err := io.ReadAll(c.read); err != nil || len(rest) > 0 {
			s.problem(t, "%d more bytes came, then %v", len(rest), err)
		}
	})
	t.Run("takes requests in one go", func(t *testing.T) {
		c := dial(t, s.target)
		var want []string
		for i := range 20 {
			body := all[i : i+5]
			want = append(want, body)
			if err := c.send("GET", path, []string{"Range: bytes=" + itoa(i) + "-" + itoa(i+4)}); err != nil {
				t.Fatal(err)
			}
		}
		for i, body := range want {
			resp, err := c.answer("GET")
			if err != nil {
				s.problem(t, "answer %d: %v", i, err)
				return
			}
			if got, err := io.ReadAll(resp.Body); err != nil || string(got) != body {
				s.problem(t, "answer %d is %q (%v), want %q", i, got, err, body)
			}
		}
	})
}
