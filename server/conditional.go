package server

import (
	"net/http"
	"strings"
)

// precondition says what the client's own copy makes of a request for a file with this
// ETag: 304 where it has the file already, 412 where it wants another one, else 0. There
// are no dates in our answers, so conditions on dates hold.
func precondition(h http.Header, etag string) int {
	switch {
	case len(h["If-Match"]) > 0 && !lists(h["If-Match"], etag, false):
		return http.StatusPreconditionFailed
	case len(h["If-None-Match"]) > 0 && lists(h["If-None-Match"], etag, true):
		return http.StatusNotModified
	}
	return 0
}

// lists says whether the lines of a header, each a list of ETags or "*", name this one.
// An ETag with W/ before it counts only where weak ones do. What cannot be read ends a
// line.
func lists(lines []string, etag string, weak bool) bool {
	for _, line := range lines {
		for {
			line = strings.TrimLeft(line, " \t,")
			if strings.HasPrefix(line, "*") {
				return true
			}
			rest, isWeak := strings.CutPrefix(line, "W/")
			if rest == "" || rest[0] != '"' {
				break
			}
			end := strings.IndexByte(rest[1:], '"') + 2
			if end < 2 {
				break
			}
			if rest[:end] == etag && (weak || !isWeak) {
				return true
			}
			line = rest[end:]
		}
	}
	return false
}

// sameForRange says whether a client that has the start of a file may get more of it: it
// names no ETag, or this one. Dates and weak ETags do not tell files apart well enough.
func sameForRange(h http.Header, etag string) bool {
	lines := h["If-Range"]
	return len(lines) == 0 || len(lines) == 1 && lines[0] == etag
}
