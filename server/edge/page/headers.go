package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// own are the headers that Cloudflare makes by itself for each asset.
var own = []string{"Accept-Ranges", "Content-Length", "Content-Type", "Etag", "Vary"}

// A rule gives headers to the files under a folder, or to all of them.
type rule struct {
	folder string // "" or with a slash at its end
	header http.Header
}

// headerRules is the text of _headers for files: the headers of index.html for all, and
// what is otherwise in a folder for that folder. Where that is not enough to give each
// file the headers that it has, it is an error.
func headerRules(files []file) (string, error) {
	first := slices.IndexFunc(files, func(f file) bool { return f.name == "index.html" })
	if first < 0 {
		return "", errors.New("there is no index.html: run make build")
	}
	all := rule{"", wanted(files[first].header)}
	rules := []rule{all}
	for _, f := range files {
		folder, _, deep := strings.Cut(f.name, "/")
		known := slices.ContainsFunc(rules, func(r rule) bool { return r.folder == folder+"/" })
		if deep && !known && !equal(wanted(f.header), all.header) {
			rules = append(rules, rule{folder + "/", wanted(f.header)})
		}
	}
	for _, f := range files {
		got := all.header
		for _, r := range rules {
			if strings.HasPrefix(f.name, r.folder) {
				got = r.header
			}
		}
		if !equal(got, wanted(f.header)) {
			return "", fmt.Errorf("%s has other headers than its folder, which _headers cannot say: %v", f.name, f.header)
		}
	}
	var text strings.Builder
	text.WriteString("# Made by server/edge/page from what the server's handler answers with.\n")
	for _, r := range rules {
		r.print(&text, all.header)
	}
	return text.String(), nil
}

// print writes a rule. Cloudflare adds the values of all rules that apply together, so
// what a folder has otherwise is removed first.
func (r rule) print(text *strings.Builder, all http.Header) {
	fmt.Fprintf(text, "/%s*\n", r.folder)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if r.folder != "" && r.header.Get(name) != all.Get(name) {
			fmt.Fprintf(text, "  ! %s\n", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		if r.folder == "" || r.header.Get(name) != all.Get(name) {
			fmt.Fprintf(text, "  %s: %s\n", name, r.header.Get(name))
		}
	}
}

// wanted are the headers of h that _headers has to set.
func wanted(h http.Header) http.Header {
	h = h.Clone()
	for _, name := range own {
		h.Del(name)
	}
	return h
}

func equal(a, b http.Header) bool {
	return maps.EqualFunc(a, b, slices.Equal[[]string])
}
