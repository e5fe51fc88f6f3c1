package conformance

import (
	"strconv"
	"testing"
)

// pageFiles asks for the files of the page.
func (s *suite) pageFiles(t *testing.T) {
	files := s.fixture.page
	const script = "assets/index-CvB_93xq.js"
	plain := func(name, contentType, cache string, base map[string]string) exchange {
		return exchange{name: name, path: "/" + name, status: 200, body: string(files[name]), headers: with(base,
			"Content-Type", contentType, "Cache-Control", cache, "Content-Length", strconv.Itoa(len(files[name])),
			"Content-Encoding", "", "Last-Modified", "", "Accept-Ranges", "bytes")}
	}
	coded := func(name, accept, coding, suffix string) exchange {
		body := string(files[script+suffix])
		return exchange{name: name, path: "/" + script, header: []string{"Accept-Encoding: " + accept}, status: 200, body: body,
			headers: with(shared, "Content-Type", "text/javascript; charset=utf-8", "Content-Encoding", coding, "Vary", "Accept-Encoding",
				"Content-Length", strconv.Itoa(len(body)), "Cache-Control", immutable)}
	}
	index := plain("index.html", "text/html; charset=utf-8", revalidate, own)
	about := plain("about/index.html", "text/html; charset=utf-8", revalidate, own)
	about.name, about.path = "folder", "/about/"
	opened := index
	opened.name, opened.path = "root with a pack", "/?pack=packs/large/"
	s.run(t, index, about, opened,
		exchange{name: "root leads to the default pack", path: "/", status: 302, headers: with(own, "Location", "?pack=packs/small/", "Cache-Control", revalidate)},
		exchange{name: "root leads on with its query", path: "/?q=a%20b", status: 302, headers: with(own, "Location", "?pack=packs/small/&q=a%20b")},
		plain("sw.js", "text/javascript; charset=utf-8", revalidate, own),
		plain("manifest.webmanifest", "application/manifest+json", revalidate, own),
		plain("lib/mixtab.js", "text/javascript; charset=utf-8", revalidate, shared),
		plain("assets/mixtab-Ab3dE6_8.wasm", "application/wasm", immutable, with(shared, "Vary", "")),
		plain("workers/main-Zy9_xW0v.js", "text/javascript; charset=utf-8", immutable, with(shared, "Vary", "")),
		plain(script, "text/javascript; charset=utf-8", immutable, with(shared, "Vary", "Accept-Encoding")),
		exchange{name: "head", method: "HEAD", path: "/index.html", status: 200, headers: index.headers},
		exchange{name: "range", path: "/index.html", header: []string{"Range: bytes=1-8"}, status: 206, body: "!doctype"},

		coded("brotli first", "gzip, deflate, br, zstd", "br", ".br"),
		coded("brotli", "br", "br", ".br"),
		coded("zstd", "gzip, zstd", "zstd", ".zst"),
		coded("gzip", "gzip", "gzip", ".gz"),
		coded("gzip preferred", "br;q=0.5, gzip", "gzip", ".gz"),
		coded("anything", "*", "br", ".br"),
		coded("nothing that is there", "deflate", "", ""),
		coded("brotli refused", "br;q=0", "", ""),
		exchange{name: "range of a coding", path: "/" + script, header: []string{"Accept-Encoding: br", "Range: bytes=1-3"}, status: 206, body: "the",
			headers: map[string]string{"Content-Encoding": "br", "Content-Range": "bytes 1-3/16", "Content-Length": "3"}},
		plain("lib/alone.css.gz", "application/octet-stream", revalidate, with(shared, "Vary", "")),
		exchange{name: "coded sibling is no name", path: "/" + script + ".br", status: 404, anyBody: true},
		exchange{name: "two slashes", path: "//index.html", status: 404, anyBody: true},
		exchange{name: "folder without slash", path: "/assets", status: 404, anyBody: true},
		exchange{name: "missing", path: "/nothing", status: 404, body: "there is no such page file\n", headers: own},
		exchange{name: "preflight for the library", method: "OPTIONS", path: "/lib/mixtab.js", status: 204, headers: with(shared, "Access-Control-Allow-Methods", "GET, HEAD")},
	)
	t.Run("a coding has an ETag of its own", func(t *testing.T) {
		seen := make(map[string]string)
		for _, coding := range []string{"identity", "br", "zstd", "gzip"} {
			got := s.check(t, dial(t, s.target), exchange{path: "/" + script, header: []string{"Accept-Encoding: " + coding}, status: 200, anyBody: true})
			if got == nil {
				continue
			}
			etag := got.header.Get("ETag")
			if other, twice := seen[etag]; twice {
				s.problem(t, "%s and %s have the ETag %s", other, coding, etag)
			}
			seen[etag] = coding
			s.check(t, dial(t, s.target), exchange{path: "/" + script, header: []string{"Accept-Encoding: " + coding, "If-None-Match: " + etag}, status: 304,
				headers: map[string]string{"ETag": etag, "Vary": "Accept-Encoding", "Content-Encoding": "", "Content-Length": ""}})
		}
	})
}
