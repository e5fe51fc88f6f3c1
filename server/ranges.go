package server

import (
	"math"
	"net/http"
	"strings"
)

// part is a stretch of a file.
type part struct{ from, length int64 }

// asked returns the part of a file that a request is for, and the status of the answer:
// 206 and one range of bytes; 416 if there is no such range; else 200 and the whole file.
// That is the answer, too, where there are several ranges, a unit other than bytes, or
// the request is a HEAD, for which none is defined. All of this is what HTTP leaves to the
// server to choose.
func asked(r *http.Request, etag string, size int64) (part, int) {
	whole := part{0, size}
	lines := r.Header["Range"]
	if len(lines) != 1 || r.Method != http.MethodGet || size == 0 || !sameForRange(r.Header, etag) {
		return whole, http.StatusOK
	}
	unit, set, ok := strings.Cut(lines[0], "=")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return whole, http.StatusOK
	}
	one := ""
	for item := range strings.SplitSeq(set, ",") {
		if item = strings.Trim(item, " \t"); item == "" {
			continue
		}
		if one != "" {
			return whole, http.StatusOK
		}
		one = item
	}
	if p, ok := parsePart(one, size); ok {
		return p, http.StatusPartialContent
	}
	return part{}, http.StatusRequestedRangeNotSatisfiable
}

// parsePart reads "first-last", "first-" or "-length" for a file of size bytes. It is not
// ok where the range is none, or has no byte of the file.
func parsePart(text string, size int64) (p part, ok bool) {
	first, last, dash := strings.Cut(text, "-")
	from, hasFirst := parsePosition(first)
	to, hasLast := parsePosition(last)
	switch {
	case !dash || first != "" && !hasFirst || last != "" && !hasLast:
		return part{}, false
	case first == "":
		length := min(to, size)
		return part{size - length, length}, length > 0
	case last == "":
		to = math.MaxInt64
	}
	to = min(to, size-1)
	return part{from, to - from + 1}, from <= to
}

// parsePosition reads digits. What is larger than any file is the largest number.
func parsePosition(text string) (n int64, ok bool) {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n > (math.MaxInt64-9)/10 {
			n = math.MaxInt64
			continue
		}
		n = n*10 + int64(c-'0')
	}
	return n, text != ""
}
