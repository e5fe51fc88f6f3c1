package conformance

import (
	"strconv"
	"strings"
	"testing"
)

// ranges asks for parts of a shard.
func (s *suite) ranges(t *testing.T) {
	f := s.fixture
	path, all := packOf+f.shard, string(f.small[f.shard])
	last := len(all) - 1
	size := strconv.Itoa(len(all))
	etag := etagOf(f.shard)
	part := func(name, set string, from, to int, more ...string) exchange {
		return exchange{name: name, path: path, header: append(more, "Range: "+set), status: 206, body: all[from : to+1],
			headers: with(shared, "Content-Range", "bytes "+strconv.Itoa(from)+"-"+strconv.Itoa(to)+"/"+size, "Content-Length", strconv.Itoa(to+1-from),
				"ETag", etag, "Content-Type", "application/octet-stream", "Cache-Control", immutable, "Accept-Ranges", "bytes")}
	}
	// Several ranges, other units and what no client means seriously: the whole file.
	whole := func(name string, headers ...string) exchange {
		return exchange{name: name, path: path, header: headers, status: 200, body: all,
			headers: with(shared, "Content-Range", "", "Content-Length", size, "ETag", etag)}
	}
	none := func(name, set string) exchange {
		return exchange{name: name, path: path, header: []string{"Range: " + set}, status: 416, anyBody: true,
			headers: with(shared, "Content-Range", "bytes */"+size, "ETag", "", "Content-Type", "text/plain; charset=utf-8", "Cache-Control", "no-store")}
	}
	s.run(t,
		part("closed", "bytes=2-5", 2, 5),
		part("one byte", "bytes=0-0", 0, 0),
		part("last byte", "bytes="+strconv.Itoa(last)+"-", last, last),
		part("open", "bytes=10-", 10, last),
		part("whole as a range", "bytes=0-", 0, last),
		part("suffix", "bytes=-3", last-2, last),
		part("suffix longer than the file", "bytes=-99999999", 0, last),
		part("past the end", "bytes=10-99999999", 10, last),
		part("past all numbers", "bytes=10-99999999999999999999999", 10, last),
		part("unit in capitals", "BYTES=2-5", 2, 5),
		part("blanks", "bytes= 2-5 ", 2, 5),
		part("one of a list with gaps", "bytes=,2-5, ", 2, 5),
		part("in spite of codings", "bytes=2-5", 2, 5, "Accept-Encoding: gzip, br, zstd"),

		none("behind the end", "bytes="+size+"-"),
		none("far behind the end", "bytes=99999999999999999999999-"),
		none("empty suffix", "bytes=-0"),
		none("backwards", "bytes=5-2"),
		none("no number", "bytes=a-b"),
		none("negative", "bytes=--1"),
		none("signs", "bytes=+1-+2"),
		none("hexadecimal", "bytes=0x1-0x2"),
		none("dash alone", "bytes=-"),
		none("no dash", "bytes=5"),
		none("no range", "bytes="),

		whole("two ranges", "Range: bytes=0-1,4-5"),
		whole("many ranges", "Range: bytes="+strings.TrimSuffix(strings.Repeat("0-,", 500), ",")),
		whole("two headers", "Range: bytes=0-1", "Range: bytes=4-5"),
		whole("other unit", "Range: items=0-1"),
		whole("no unit", "Range: 0-1"),
		whole("empty", "Range:"),

		part("if-range same", "bytes=2-5", 2, 5, "If-Range: "+etag),
		whole("if-range other", "Range: bytes=2-5", `If-Range: "other"`),
		whole("if-range weak", "Range: bytes=2-5", "If-Range: W/"+etag),
		whole("if-range date", "Range: bytes=2-5", "If-Range: Mon, 23 Nov 2026 19:00:00 GMT"),
		whole("if-range without quotes", "Range: bytes=2-5", "If-Range: "+strings.Trim(etag, `"`)),
		part("if-match", "bytes=2-5", 2, 5, "If-Match: "+etag),
	)
	head := whole("of a head are ignored", "Range: bytes=2-5")
	head.method, head.body = "HEAD", ""
	s.run(t, head)

	torrent := string(f.small["pack.torrent"])
	s.run(t, exchange{name: "of what is in memory", path: packOf + "pack.torrent", header: []string{"Range: bytes=1-3"}, status: 206, body: torrent[1:4],
		headers: map[string]string{"Content-Range": "bytes 1-3/" + strconv.Itoa(len(torrent)), "Content-Length": "3"}})
}

// conditions asks for files that the client says it has, for each kind of file.
func (s *suite) conditions(t *testing.T) {
	f := s.fixture
	paths := map[string]string{"manifest": manifest, "tokenizer": packOf + "tokenizer.model", "torrent": packOf + "pack.torrent",
		"shard": packOf + f.shard, "list": "/packs.json", "version": "/version"}
	if s.target.Page {
		paths["page"], paths["asset"] = "/about/", "/assets/index-CvB_93xq.js"
	}
	for name, path := range paths {
		t.Run(name, func(t *testing.T) { s.conditionsOf(t, path) })
	}
}

func (s *suite) conditionsOf(t *testing.T, path string) {
	c := dial(t, s.target)
	plain, err := c.ask("GET", path)
	if err != nil {
		t.Fatal(err)
	}
	etag := plain.header.Get("ETag")
	if len(etag) < 4 || etag[0] != '"' || etag[len(etag)-1] != '"' {
		t.Fatalf("ETag %s is not a strong one", etag)
	}
	all := string(plain.body)
	kept := map[string]string{"ETag": etag, "Cache-Control": plain.header.Get("Cache-Control"), "Vary": plain.header.Get("Vary"),
		"Access-Control-Allow-Origin": plain.header.Get("Access-Control-Allow-Origin"), "Content-Type": "", "Content-Length": "", "Content-Encoding": ""}
	const date = "Mon, 23 Nov 2026 19:00:00 GMT"
	same := func(name string, headers ...string) exchange {
		return exchange{name: name, path: path, header: headers, status: 304, headers: kept}
	}
	other := func(name string, headers ...string) exchange {
		return exchange{name: name, path: path, header: headers, status: 200, body: all, headers: map[string]string{"ETag": etag}}
	}
	failed := func(name string, headers ...string) exchange {
		return exchange{name: name, path: path, header: headers, status: 412, anyBody: true,
			headers: map[string]string{"Cache-Control": "no-store", "Content-Encoding": ""}}
	}
	head := same("head has it", "If-None-Match: "+etag)
	head.method = "HEAD"
	s.run(t, head,
		same("has it", "If-None-Match: "+etag),
		same("has it weakly", "If-None-Match: W/"+etag),
		same("has it among others", `If-None-Match: "other,with,commas", W/`+etag),
		same("has it in a second header", `If-None-Match: "other"`, "If-None-Match: "+etag),
		same("has anything", "If-None-Match: *"),
		same("has it and wants a part", "If-None-Match: "+etag, "Range: bytes=0-0"),
		same("has it, and an old date", "If-None-Match: "+etag, "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"),
		other("has another", `If-None-Match: "other"`),
		other("has garbage", `If-None-Match: other", W/"`),
		other("has a date", "If-Modified-Since: "+date),
		other("has a date before", "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT"),
		other("wants just this", "If-Match: "+etag),
		other("wants this or another", `If-Match: "other", `+etag),
		other("wants anything", "If-Match: *"),
		failed("wants another", `If-Match: "other"`),
		failed("wants it weakly", "If-Match: W/"+etag),
		failed("wants another, has this", `If-Match: "other"`, "If-None-Match: "+etag),
	)
}

// etagOf is the ETag of a shard: its hash is its name.
func etagOf(shard string) string {
	return `"` + strings.TrimSuffix(strings.TrimPrefix(shard, "shards/"), ".bin") + `"`
}
