package server

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"mixtab/engine/weights"
)

// listed is what /packs.json tells of the test pack under a name.
func listed(name string, pack fstest.MapFS) string {
	bytes, shards := 0, 0
	for file, f := range pack {
		if strings.HasPrefix(file, "shards/") {
			bytes += len(f.Data)
			shards++
		}
	}
	return fmt.Sprintf(`{"name":%q,"url":"packs/%s/","model":"test","format":"q8","bytes":%d,"shards":%d,"torrent":"packs/%s/pack.torrent"}`,
		name, name, bytes, shards, name)
}

func TestDefaultPack(t *testing.T) {
	pack := testPack(t)
	a, b := Files(pack), Files(pack)
	for _, c := range []struct {
		name, def, want string
		packs           map[string]Store
	}{
		{"none", "", `{"default":"","packs":[]}`, nil},
		{"one", "", `{"default":"a","packs":[` + listed("a", pack) + `]}`, map[string]Store{"a": a}},
		{"named", "b", `{"default":"b","packs":[` + listed("a", pack) + `,` + listed("b", pack) + `]}`, map[string]Store{"a": a, "b": b}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHandler(t, Config{Packs: c.packs, Default: c.def})
			exchange{path: "/packs.json", wantStatus: 200, wantBody: c.want + "\n"}.run(t, h)
		})
	}
	if _, err := New(t.Context(), Config{Packs: map[string]Store{"a": a, "b": b}}); err == nil || !strings.Contains(err.Error(), "default pack") {
		t.Errorf("two packs and no default: got %v", err)
	}
}

func TestBadPacks(t *testing.T) {
	shard := func(p fstest.MapFS) string {
		path, _ := shardOf(t, p)
		return strings.TrimPrefix(path, "/packs/test/")
	}
	for _, c := range []struct {
		name  string
		spoil func(p fstest.MapFS)
		want  string // a pattern
	}{
		{"empty folder", func(p fstest.MapFS) { clear(p) }, `manifest\.json is missing: name a pack that tools/pack wrote`},
		{"truncated manifest", func(p fstest.MapFS) { p["manifest.json"].Data = p["manifest.json"].Data[:100] }, `manifest\.json: .*damaged`},
		{"newer manifest", func(p fstest.MapFS) { p["manifest.json"].Data = []byte(`{"version":99}`) }, `version 99.*update mixtab`},
		{"missing shard", func(p fstest.MapFS) { delete(p, shard(p)) }, `shards/[0-9a-f]{64}\.bin is missing: copy the pack again`},
		{"truncated shard", func(p fstest.MapFS) { f := p[shard(p)]; f.Data = f.Data[:7] }, `shards/[0-9a-f]{64}\.bin has 7 bytes instead of \d+: delete it`},
		{"shard is a folder", func(p fstest.MapFS) { n := shard(p); delete(p, n); p[n+"/x"] = &fstest.MapFile{} }, `shards/[0-9a-f]{64}\.bin: is a folder`},
		{"missing tokenizer", func(p fstest.MapFS) { delete(p, "tokenizer.model") }, `tokenizer\.model is missing: copy`},
		{"other tokenizer", func(p fstest.MapFS) { p["tokenizer.model"].Data = []byte("another") }, `tokenizer\.model is not the tokenizer`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := testPack(t)
			c.spoil(p)
			_, err := New(t.Context(), Config{Packs: map[string]Store{"broken": Files(p)}})
			if err == nil {
				t.Fatal("no error")
			}
			text := err.Error()
			if !regexp.MustCompile(c.want).MatchString(text) || !strings.HasPrefix(text, "pack broken: ") || strings.Contains(text, "\n") {
				t.Errorf("got %q, want one line that matches %q and names the pack", text, c.want)
			}
		})
	}
	for _, name := range []string{"", ".", ".a", "-a", "_a", "../x", "a/b", "Demo", "a b", "é", strings.Repeat("a", 65)} {
		if _, err := New(t.Context(), Config{Packs: map[string]Store{name: Files(testPack(t))}}); err == nil {
			t.Errorf("the pack name %q is taken", name)
		}
	}
}

func TestPackNames(t *testing.T) {
	pack := Files(testPack(t))
	for _, name := range []string{"a", "0", "mixtral-8x7b_q4.1", "a..b", strings.Repeat("a", 64)} {
		if _, err := New(t.Context(), Config{Packs: map[string]Store{name: pack}}); err != nil {
			t.Error(err)
		}
	}
}

func TestPackWithoutTokenizer(t *testing.T) {
	p := testPack(t)
	m, err := weights.ParseManifest(p["manifest.json"].Data)
	if err != nil {
		t.Fatal(err)
	}
	m.Tokenizer = weights.Tokenizer{Kind: weights.KindNone}
	if p["manifest.json"].Data, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	h := newHandler(t, Config{Packs: map[string]Store{"test": Files(p)}})
	exchange{path: "/packs/test/tokenizer.model", wantStatus: 404, wantBody: "*"}.run(t, h)
}

// What left under a hash is kept for ever, so a shard that changes after the start must
// not be served.
func TestShardThatChanges(t *testing.T) {
	h, pack := testHandler(t)
	shard, data := shardOf(t, pack)
	name := strings.TrimPrefix(shard, "/packs/test/")
	exchange{path: shard, wantStatus: 200, wantBody: string(data)}.run(t, h)
	pack[name].Data = data[:5]
	exchange{path: shard, wantStatus: 502, wantBody: "*", wantHeaders: map[string]string{"Cache-Control": "no-store", "ETag": ""}}.run(t, h)
	delete(pack, name)
	exchange{path: shard, wantStatus: 404, wantBody: "*", wantHeaders: map[string]string{"Cache-Control": "no-store", "ETag": ""}}.run(t, h)
}
