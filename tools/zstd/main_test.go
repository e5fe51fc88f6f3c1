package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	large := make([]byte, 12<<20) // more than a window, and more of the same behind it
	for i := range large {
		large[i] = byte(i * i >> 7)
	}
	files := map[string][]byte{
		"assets/a.js": []byte(strings.Repeat("export {};\n", 500)), "assets/a.js.br": nil, "assets/a.js.gz": nil,
		"large.wasm": large, "large.wasm.br": nil, "small.css": []byte("a {}"),
	}
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, data, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(dir); err != nil {
		t.Fatal(err)
	}
	// No browser takes a larger window.
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	for _, name := range []string{"assets/a.js", "large.wasm"} {
		coded, err := os.ReadFile(filepath.Join(dir, name+".zst"))
		if err != nil {
			t.Fatal(err)
		}
		decoder.Reset(bytes.NewReader(coded))
		var plain bytes.Buffer
		if _, err := decoder.WriteTo(&plain); err != nil || !bytes.Equal(plain.Bytes(), files[name]) {
			t.Errorf("%s: %d bytes come back, want %d (%v)", name, plain.Len(), len(files[name]), err)
		}
		if len(coded) >= len(files[name]) {
			t.Errorf("%s: %d bytes from %d", name, len(coded), len(files[name]))
		}
	}
	if found, _ := fs.Glob(os.DirFS(dir), "*/*.zst"); len(found) != 1 {
		t.Errorf("assets has %q, want a.js.zst alone", found)
	}
}

func TestFolderWithoutPage(t *testing.T) {
	if err := run(t.TempDir()); err == nil || !strings.Contains(err.Error(), "run make build") {
		t.Errorf("an empty folder: %v", err)
	}
	if err := run(filepath.Join(t.TempDir(), "nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
}
