package server

import (
	"strconv"
	"strings"
)

// codings are the content codings that the build writes beside a file, best first, with
// the file name ending of each.
var codings = []struct{ name, suffix string }{
	{"br", ".br"},
	{"gzip", ".gz"},
}

// negotiate returns the coding to answer accept with (the values of Accept-Encoding,
// joined by commas), or "" for the plain file. The highest q wins, then our order; the
// plain file comes last unless the client ranks it by name.
func negotiate(accept string, have func(coding string) bool) string {
	star, identity := -1.0, -1.0 // not mentioned
	asked := make(map[string]float64)
	for _, item := range strings.Split(accept, ",") {
		name, q := parseCoding(item)
		switch name {
		case "":
		case "*":
			star = q
		case "identity":
			identity = q
		case "x-gzip":
			asked["gzip"] = q
		default:
			asked[name] = q
		}
	}
	best, bestQ := "", max(identity, 0)
	for _, c := range codings {
		q, named := asked[c.name]
		if !named {
			q = max(star, 0)
		}
		// A tie with the plain file goes to the smaller body.
		if q > 0 && have(c.name) && (q > bestQ || q == bestQ && best == "") {
			best, bestQ = c.name, q
		}
	}
	return best
}

// parseCoding reads one item of Accept-Encoding: "br" or "br;q=0.5". A q that is no
// number from 0 to 1 makes the item void.
func parseCoding(item string) (name string, q float64) {
	name, params, _ := strings.Cut(item, ";")
	name = strings.ToLower(strings.TrimSpace(name))
	q = 1
	for _, p := range strings.Split(params, ";") {
		key, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(key), "q") {
			continue
		}
		var err error
		if q, err = strconv.ParseFloat(strings.TrimSpace(value), 64); err != nil || !(q >= 0 && q <= 1) {
			return "", 0
		}
	}
	return name, q
}
