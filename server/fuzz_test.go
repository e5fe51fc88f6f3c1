package server

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"mixtab/engine/weights"
)

// FuzzRange sends any Range for a file of any size. What comes back is the whole file, an
// error, or the part that the answer itself names, and that the request named.
func FuzzRange(f *testing.F) {
	for _, seed := range []string{"", "bytes=0-", "bytes=-1", "bytes=1-2", "bytes=2-1", "bytes=0-0,2-3", "bytes=-0", "bytes=", "bytes=-",
		"bytes=18446744073709551616-", "bytes=9223372036854775807-9223372036854775807", "bytes=1-18446744073709551617",
		"bytes= 1-2 ,", "bytes=--1", "BYTES=0-1", "bytes=0-1\r\nX: y", "items=0-1", "bytes=+1-2", "bytes=1-2=3", "bytes=\x000-1"} {
		f.Add(seed, uint16(10))
	}
	f.Add("bytes=0-", uint16(0))
	f.Fuzz(func(t *testing.T, ranges string, size uint16) {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(i ^ i>>8)
		}
		h := newHandler(t, Config{Page: fstest.MapFS{"index.html": {Data: data}}})
		r := httptest.NewRequest("GET", "/index.html", nil)
		r.Header["Range"] = []string{ranges}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		body := w.Body.Bytes()
		length, err := strconv.Atoi(w.Header().Get("Content-Length"))
		if err != nil || length != len(body) {
			t.Errorf("%d bytes, Content-Length %q", len(body), w.Header().Get("Content-Length"))
		}
		switch named := w.Header().Get("Content-Range"); w.Code {
		case 200:
			if !bytes.Equal(body, data) || named != "" {
				t.Errorf("200 with %d of %d bytes, Content-Range %q", len(body), size, named)
			}
		case 206:
			var from, to, all int
			if _, err := fmt.Sscanf(named, "bytes %d-%d/%d", &from, &to, &all); err != nil || from > to || to >= int(size) || all != int(size) {
				t.Fatalf("Content-Range %q of %d bytes (%v)", named, size, err)
			}
			if !bytes.Equal(body, data[from:to+1]) {
				t.Errorf("other bytes than those of %s", named)
			}
			_, set, _ := strings.Cut(ranges, "=")
			for _, said := range strings.FieldsFunc(set, func(r rune) bool { return r < '0' || r > '9' }) {
				if n, err := strconv.Atoi(said); err == nil && n != from && n != to && n != to+1-from && n < int(size) {
					t.Errorf("%q names %d, and was answered with %s", ranges, n, named)
				}
			}
		case 416:
			if named != fmt.Sprintf("bytes */%d", size) || size == 0 {
				t.Errorf("416 with Content-Range %q of %d bytes", named, size)
			}
		default:
			t.Errorf("status %d", w.Code)
		}
	})
}

// FuzzManifest opens a pack with any manifest. It is refused in one line that names the
// pack, or served as it is, with nothing reachable but what it names.
func FuzzManifest(f *testing.F) {
	pack := testPack(f)
	text := pack[weights.ManifestPath].Data
	for _, spoil := range []func([]byte) []byte{
		func(b []byte) []byte { return b },
		func(b []byte) []byte { return b[:len(b)/2] },
		func(b []byte) []byte { return nil },
		func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(`"tokenizer.model"`), []byte(`"../secret.txt"`))
		},
		func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"tokenizer.model"`), []byte(`"secret.txt"`)) },
		func(b []byte) []byte { return bytes.Replace(b, []byte(`"shards": [`), []byte(`"shards": [{},`), 1) },
		func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"bytes": `), []byte(`"bytes": -`)) },
		func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"test"`), []byte(`"<script>"`)) },
	} {
		f.Add(spoil(bytes.Clone(text)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		files := fstest.MapFS{}
		for name, file := range pack {
			files[name] = file
		}
		files[weights.ManifestPath] = &fstest.MapFile{Data: text}
		h, err := New(t.Context(), Config{Packs: map[string]Store{"test": Files(files)}})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "pack test: ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error is not one line that names the pack: %q", err)
			}
			return
		}
		exchange{path: "/packs/test/manifest.json", wantStatus: 200, wantBody: string(text)}.run(t, h)
		for name := range files {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/packs/test/"+name, nil))
			if named := bytes.Contains(text, []byte(strings.TrimSuffix(strings.TrimPrefix(name, "shards/"), ".bin"))); w.Code == 200 && !named &&
				name != weights.ManifestPath && name != weights.TorrentPath {
				t.Errorf("%s is served, and the manifest does not name it", name)
			}
		}
	})
}
