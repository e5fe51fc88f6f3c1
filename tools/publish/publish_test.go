package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const target = "s3://weights/packs/test"

func TestPublish(t *testing.T) {
	s, url := newFake(t)
	dir := newPack(t, 1)
	args := []string{"-pack", dir, "-to", target, "-endpoint", url}

	start(t.Context(), append(args, "-dry-run")...).want(t, 0, "would be sent")
	if n := len(s.keys()); n != 0 {
		t.Fatalf("-dry-run sent %d objects", n)
	}
	o := start(t.Context(), append(args, "-json")...)
	o.want(t, 0, `"ok":true`)
	var r report
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatal(err)
	}
	if r.Sent != r.Files || r.SentBytes != r.Bytes || r.Files != len(s.keys()) {
		t.Fatalf("%+v of %d objects", r, len(s.keys()))
	}
	last := s.order[len(s.order)-3:]
	if got := strings.Join(last, " "); got != "packs/test/tokenizer.model packs/test/pack.torrent packs/test/manifest.json" {
		t.Errorf("the last objects were %s", got)
	}
	for _, tt := range []struct{ key, mime, cache string }{
		{s.order[0], "application/octet-stream", "public, max-age=31536000, immutable"},
		{"packs/test/tokenizer.model", "application/octet-stream", "no-cache"},
		{"packs/test/pack.torrent", "application/x-bittorrent", "no-cache"},
		{"packs/test/manifest.json", "application/json", "no-cache"},
	} {
		h := s.objects[tt.key].header
		if h.Get("Content-Type") != tt.mime || h.Get("Cache-Control") != tt.cache {
			t.Errorf("%s has %q and %q", tt.key, h.Get("Content-Type"), h.Get("Cache-Control"))
		}
		// A store that knows no trailers or chunked signatures must understand it.
		if h.Get("x-amz-trailer") != "" || len(h.Get("x-amz-content-sha256")) != 64 || h.Get("Content-Encoding") != "" {
			t.Errorf("%s was sent with %v", tt.key, h)
		}
	}

	s.fault = func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		if r.Method == http.MethodPut || r.Method == http.MethodGet && !r.URL.Query().Has("list-type") {
			t.Errorf("a run with nothing to do asks %s %s", r.Method, r.URL)
		}
		return false
	}
	start(t.Context(), append(args, "-verify")...).want(t, 0, "all of which were there; verified")
}

// What others have put there, without a hash or with another one, is not trusted.
func TestForeignObjects(t *testing.T) {
	s, url := newFake(t)
	dir := newPack(t, 1)
	args := []string{"-pack", dir, "-to", target, "-endpoint", url}
	start(t.Context(), args...).want(t, 0, "published")
	for i, spoil := range []func(o *fakeObject){
		func(o *fakeObject) { o.header = http.Header{} },
		func(o *fakeObject) { o.data = o.data[1:] },
		func(o *fakeObject) { o.header.Set("x-amz-checksum-sha256", "YWJj") }, // of parts, or of something else
		func(o *fakeObject) {
			o.header.Set("x-amz-checksum-sha256", "")
			o.header.Set("X-Amz-Meta-Sha256", strings.Repeat("a", 64))
		},
	} {
		spoil(s.objects["packs/test/shards/"+filepath.Base(aShard(t, dir))])
		want := "1 of them"
		if i == 2 {
			want = "all of which were there" // by the metadata
		}
		start(t.Context(), args...).want(t, 0, want)
	}
}

// A shard that is damaged on this machine does not become an object, not even in a store
// that checks nothing; and without it there is no manifest.
func TestDamagedShard(t *testing.T) {
	for _, careless := range []bool{false, true} {
		s, url := newFake(t)
		s.careless = careless
		dir := newPack(t, 1)
		shard := aShard(t, dir)
		data := read(t, shard)
		data[len(data)/2] ^= 1
		write(t, shard, data)
		start(t.Context(), "-pack", dir, "-to", target, "-endpoint", url).want(t, 2, shard+": has other bytes than its name says")
		if s.has("packs/test/shards/" + filepath.Base(shard)) {
			t.Error("the damaged shard was published")
		}
		if s.has("packs/test/manifest.json") {
			t.Error("the manifest was published")
		}
	}
}

func TestUnfitPacks(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, dir string) error
		want  string
	}{
		{"missing shard", func(t *testing.T, dir string) error { return os.Remove(aShard(t, dir)) }, "is missing"},
		{"short shard", func(t *testing.T, dir string) error { return os.Truncate(aShard(t, dir), 5) }, "has 5 bytes, not"},
		{"folder for a shard", func(t *testing.T, dir string) error {
			name := aShard(t, dir)
			os.Remove(name)
			return os.Mkdir(name, 0o777)
		}, "bytes, not"},
		{"no manifest", func(t *testing.T, dir string) error { return os.Remove(dir + "/manifest.json") }, "no manifest.json there"},
		{"garbage", func(t *testing.T, dir string) error {
			return os.WriteFile(dir+"/manifest.json", []byte("\x00\xff{"), 0o666)
		}, "is damaged or no manifest"},
		{"no tokenizer", func(t *testing.T, dir string) error { return os.Remove(dir + "/tokenizer.model") }, "tokenizer.model: is missing"},
		{"other tokenizer", func(t *testing.T, dir string) error {
			return os.WriteFile(dir+"/tokenizer.model", []byte("?"), 0o666)
		}, "not the tokenizer"},
		{"torrent of another pack", func(t *testing.T, dir string) error {
			return os.WriteFile(dir+"/pack.torrent", read(t, newPack(t, 2)+"/pack.torrent"), 0o666)
		}, "is of another pack"},
		{"torrent of another name", func(t *testing.T, dir string) error {
			addTorrent(t, dir, "other")
			return nil
		}, "make it again with -name test"},
		{"unfinished", func(t *testing.T, dir string) error {
			return os.Rename(dir+"/manifest.json", dir+"/pack.journal")
		}, "packing has not finished"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, url := newFake(t)
			dir := newPack(t, 1)
			if err := tt.spoil(t, dir); err != nil {
				t.Fatal(err)
			}
			start(t.Context(), "-pack", dir, "-to", target, "-endpoint", url).want(t, 2, tt.want)
			if n := len(s.count); n != 0 {
				t.Error("the store was asked")
			}
		})
	}
}

// What changes in the middle: the pack on this machine, and the shards in the bucket.
func TestChangesMeanwhile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, s *fakeStore, dir string)
		code   int
		want   string
	}{
		{"manifest", func(t *testing.T, _ *fakeStore, dir string) {
			write(t, dir+"/manifest.json", read(t, newPack(t, 2)+"/manifest.json"))
		}, 2, "has changed while the pack was being published"},
		{"manifest gone", func(t *testing.T, _ *fakeStore, dir string) { os.Remove(dir + "/manifest.json") }, 2, "manifest.json"},
		{"shard deleted in the bucket", func(t *testing.T, s *fakeStore, dir string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			for key := range s.objects {
				delete(s.objects, key)
				return
			}
		}, 1, "has gone from"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, url := newFake(t)
			dir := newPack(t, 1)
			s.fault = func(_ http.ResponseWriter, r *http.Request, count int) bool {
				if r.Method == http.MethodPut && count == 30 {
					tt.change(t, s, dir)
				}
				return false
			}
			start(t.Context(), "-pack", dir, "-to", target, "-endpoint", url).want(t, tt.code, tt.want)
			if s.has("packs/test/manifest.json") {
				t.Error("the manifest was published")
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	s, url := newFake(t)
	dir := newPack(t, 1)
	args := []string{"-pack", dir, "-to", target, "-endpoint", url, "-parallel", "2"}
	ctx, cancel := context.WithCancel(t.Context())
	s.fault = func(_ http.ResponseWriter, r *http.Request, count int) bool {
		if r.Method == http.MethodPut && count == 20 {
			cancel()
		}
		return false
	}
	start(ctx, args...).want(t, 130, "publish: "+target+": interrupted: run the same command again")
	before := len(s.keys())
	if before < 15 || before > 25 || s.has("packs/test/manifest.json") {
		t.Fatalf("%d objects after the interruption", before)
	}
	start(t.Context(), args...).want(t, 0, "published")
	if puts := s.count[http.MethodPut]; puts > len(s.keys())+2 {
		t.Errorf("%d requests for %d objects", puts, len(s.keys()))
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	s, url := newFake(t)
	dir := newPack(t, 1)
	args := []string{"-pack", dir, "-to", target, "-endpoint", url}
	start(t.Context(), args...).want(t, 0, "published")
	o := s.objects["packs/test/shards/"+filepath.Base(aShard(t, dir))]

	// The disk of the store rots: its checksum tells of what it once received.
	o.data[7] ^= 1
	start(t.Context(), append(args, "-verify")...).want(t, 0, "0 by download")
	start(t.Context(), append(args, "-verify=download")...).want(t, 1, "comes back from "+target+" with other bytes")

	// Where the store tells no checksum, the metadata is not proof enough.
	o.header.Set("x-amz-checksum-sha256", "")
	start(t.Context(), append(args, "-verify")...).want(t, 1, "with other bytes")
	o.data[7] ^= 1
	start(t.Context(), append(args, "-verify")...).want(t, 0, "1 by download")

	delete(s.objects, "packs/test/manifest.json")
	start(t.Context(), append(args, "-verify", "-dry-run")...).want(t, 1, "manifest.json: is not in")
}

// A download that breaks off is begun again.
func TestVerifyBroken(t *testing.T) {
	t.Parallel()
	s, url := newFake(t)
	dir := newPack(t, 1)
	args := []string{"-pack", dir, "-to", target, "-endpoint", url}
	start(t.Context(), args...).want(t, 0, "published")
	var broken atomic.Int32
	s.fault = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if r.Method != http.MethodGet || r.URL.RawQuery != "" && !strings.Contains(r.URL.RawQuery, "GetObject") || broken.Add(1) > 3 {
			return false
		}
		w.Header().Set("Content-Length", "1000")
		w.Write(make([]byte, 500))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	start(t.Context(), append(args, "-verify=download")...).want(t, 0, "verified")
	if broken.Load() < 4 {
		t.Fatal("nothing was broken")
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	s, url := newFake(t)
	start(t.Context(), "-pack", newPack(t, 1), "-to", target, "-endpoint", url).want(t, 0, "published")
	for _, key := range []string{"packs/test/shards/README", "packs/other/shards/" + strings.Repeat("a", 64) + ".bin"} {
		s.objects[key] = &fakeObject{header: http.Header{}, time: time.Now().Add(-time.Hour)}
	}
	before := len(s.keys())
	args := []string{"-pack", newPack(t, 2), "-to", target, "-endpoint", url}
	start(t.Context(), append(args, "-prune", "1h")...).want(t, 0, "published")
	both := len(s.keys())
	if both <= before {
		t.Fatal("something young was deleted")
	}
	start(t.Context(), append(args, "-prune", "0s", "-dry-run")...).want(t, 0, "prune  shards/")
	if len(s.keys()) != both {
		t.Fatal("-dry-run deleted something")
	}
	start(t.Context(), append(args, "-prune", "0s")...).want(t, 0, "old shards deleted")
	if len(s.keys()) != before {
		t.Errorf("%d objects after pruning, want %d", len(s.keys()), before)
	}
	start(t.Context(), append(args, "-verify=download")...).want(t, 0, "all of which were there")
}

func TestSetCORS(t *testing.T) {
	s, url := newFake(t)
	start(t.Context(), "-pack", newPack(t, 1), "-to", target, "-endpoint", url, "-cors", "set").want(t, 0, "published")
	for _, want := range []string{"<ID>mixtab</ID>", "<AllowedOrigin>*</AllowedOrigin>", "<AllowedHeader>If-Range</AllowedHeader>", "<ExposeHeader>ETag</ExposeHeader>"} {
		if !strings.Contains(s.rules, want) {
			t.Errorf("no %s in %s", want, s.rules)
		}
	}
}

// The guide shows the rules that are set, and knows every flag.
func TestGuide(t *testing.T) {
	guide := string(read(t, "../../docs/WEIGHTS.md"))
	_, text, _ := strings.Cut(guide, "```json\n")
	text, _, _ = strings.Cut(text, "```")
	var rules []rule
	if err := json.Unmarshal([]byte(text), &rules); err != nil || !reflect.DeepEqual(rules, []rule{corsRule}) {
		t.Errorf("docs/WEIGHTS.md has the rules %v, %v", rules, err)
	}
	flags := regexp.MustCompile(`(?m)^  (-[a-z-]+)`).FindAllStringSubmatch(start(t.Context(), "-h").stdout, -1)
	if len(flags) < 10 {
		t.Fatalf("-h lists %d flags", len(flags))
	}
	for _, f := range flags {
		if !strings.Contains(guide, "| `"+f[1]) {
			t.Errorf("docs/WEIGHTS.md does not know %s", f[1])
		}
	}
}

// A shard's hash is known, so nobody reads it twice: not to sign, not to make a checksum.
func TestReadOnce(t *testing.T) {
	_, url := newFake(t)
	s, err := openStore(t.Context(), storeConfig{bucket: "weights", endpoint: url, attempts: 1, stall: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	f := small("x", "application/octet-stream", make([]byte, 100_000))
	taken := int64(0)
	b := newBody(bytes.NewReader(f.data), "x", f, func(n int64) { taken += max(n, 0) })
	if err := s.put(t.Context(), f, b); err != nil {
		t.Fatal(err)
	}
	if taken != f.size {
		t.Errorf("%d bytes were read of %d", taken, f.size)
	}
}
