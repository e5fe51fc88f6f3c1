//go:build !js

package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"mixtab/server/conformance"
	"mixtab/server/edge/soak"
	"mixtab/server/edge/workerd"
)

// differences are those of Cloudflare from one box.
var differences = []conformance.Difference{{
	Case: "^packs/coded_manifest$",
	Says: `^Content-Encoding is "br", want gzip$`,
	Why:  "the Worker compresses nothing: Cloudflare does, and Miniflare in its place, in what the client names first",
}, {
	Case: "^packs/manifest$",
	Says: `^Vary is "", want "Accept-Encoding"$`,
	Why:  "whoever compresses says so, which Cloudflare does, and Miniflare does not",
}}

func TestConformance(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := conformance.Write(dir); err != nil {
		t.Fatal(err)
	}
	s := start(t, workerd.Settings{Preset: conformance.Small, Packs: map[string]string{
		conformance.Small: filepath.Join(dir, "packs", conformance.Small),
		conformance.Large: filepath.Join(dir, "packs", conformance.Large),
	}})
	conformance.Run(t, conformance.Target{URL: s.URL, Differences: differences})
}

// One program for each request differs in who starts it, and in nothing that it says.
func TestProgramForEachRequest(t *testing.T) {
	t.Parallel()
	dir, shard := demo(t)
	s := start(t, workerd.Settings{Entry: "faults.mjs", Packs: map[string]string{"demo": dir}, Vars: map[string]any{"INSTANCES": "request"}})
	want, err := os.ReadFile(filepath.Join(dir, shard))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if status, _, text := s.ask(t, "/packs/demo/"+shard); status != 200 || text != string(want) {
			t.Errorf("a shard: status %d and %d bytes, want 200 and %d", status, len(text), len(want))
		}
	}
	if status, _, text := s.ask(t, "/packs/other/"); status != 404 || text != "there is no such pack: /packs.json lists them\n" {
		t.Errorf("another pack: status %d %q", status, text)
	}
	if state := s.control(t, "GET", "", ""); state.Bytes != 0 {
		t.Errorf("a program of %d bytes was kept", state.Bytes)
	}
}

// demo is the folder of a pack with its first shard.
func demo(t *testing.T) (dir, shard string) {
	t.Helper()
	dir, err := filepath.Abs("../../demo/pack")
	if err != nil {
		t.Fatal(err)
	}
	shards, err := filepath.Glob(filepath.Join(dir, "shards", "*.bin"))
	if err != nil || len(shards) == 0 {
		t.Fatalf("the demo pack has no shards (%v)", err)
	}
	return dir, "shards/" + filepath.Base(shards[0])
}

// A short soak; make edge-soak runs the long one. Hundreds of megabytes of shards pass,
// and Go's memory, which never shrinks, stays what it is: their bytes do not enter it.
func TestSoak(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells of the memory of another process")
	}
	dir := t.TempDir()
	if err := conformance.Write(dir); err != nil {
		t.Fatal(err)
	}
	s := start(t, soak.Settings(dir))
	report, err := soak.Run(t.Context(), s.Site, dir, soak.Options{Requests: 1000, Every: 500, Parallel: 8, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range report.Errors {
		t.Error(wrong)
	}
	first, last := report.Samples[0], report.Samples[1]
	if report.Starts > 0 || last.Wasm > 24<<20 || last.Wasm-first.Wasm > 2<<20 || last.Sent-first.Sent < 200<<20 {
		t.Errorf("%d further programs; Go's memory %d, then %d, while %d bytes were sent", report.Starts, first.Wasm, last.Wasm, last.Sent-first.Sent)
	}
}
