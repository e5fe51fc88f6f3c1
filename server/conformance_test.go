package server_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"mixtab/server"
	"mixtab/server/conformance"
)

// TestConformance holds the handler to the suite behind net/http, on folders as
// mixtab-server serves them.
func TestConformance(t *testing.T) {
	dir := t.TempDir()
	if err := conformance.Write(dir); err != nil {
		t.Fatal(err)
	}
	cfg := server.Config{Page: os.DirFS(filepath.Join(dir, "page")), Packs: make(map[string]server.Store), Default: conformance.Small}
	for _, name := range []string{conformance.Small, conformance.Large} {
		root, err := os.OpenRoot(filepath.Join(dir, "packs", name))
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		cfg.Packs[name] = server.Files(root.FS())
	}
	h, err := server.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	defer srv.Close()
	conformance.Run(t, conformance.Target{URL: srv.URL, Page: true})
}
