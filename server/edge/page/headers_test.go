package main

import (
	"net/http"
	"strings"
	"testing"
)

func TestHeaderRules(t *testing.T) {
	header := func(kv ...string) http.Header {
		h := make(http.Header)
		for i := 0; i < len(kv); i += 2 {
			h.Set(kv[i], kv[i+1])
		}
		return h
	}
	own := header("Cache-Control", "no-cache", "Referrer-Policy", "no-referrer", "ETag", `"1"`, "Content-Type", "text/html")
	kept := header("Cache-Control", "immutable", "Referrer-Policy", "no-referrer", "Access-Control-Allow-Origin", "*", "ETag", `"2"`)
	files := []file{{"assets/a.js", nil, kept}, {"assets/b.js", nil, kept}, {"icons/a.png", nil, own}, {"index.html", nil, own}}
	got, err := headerRules(files)
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ = strings.Cut(got, "\n") // the comment
	want := `/*
  Cache-Control: no-cache
  Referrer-Policy: no-referrer
/assets/*
  ! Cache-Control
  Access-Control-Allow-Origin: *
  Cache-Control: immutable
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}

	if _, err := headerRules(files[:2]); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("without index.html: %v", err)
	}
	files = append(files, file{"assets/c.js", nil, own})
	if _, err := headerRules(files); err == nil || !strings.Contains(err.Error(), "assets/c.js has other headers than its folder") {
		t.Errorf("two kinds of headers in a folder: %v", err)
	}
}
