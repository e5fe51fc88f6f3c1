package box

import (
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mixtab/server"
	"mixtab/server/conformance"
)

// What stands around the handler changes none of its answers, plain and by TLS.
func TestConformance(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := conformance.Write(dir); err != nil {
		t.Fatal(err)
	}
	site := server.Config{Page: os.DirFS(filepath.Join(dir, "page")), Packs: make(map[string]server.Store), Default: conformance.Small}
	for _, name := range []string{conformance.Small, conformance.Large} {
		root, err := os.OpenRoot(filepath.Join(dir, "packs", name))
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		site.Packs[name] = server.Files(root.FS())
	}
	handler, err := server.New(t.Context(), site)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{TLSOff, TLSSelf} {
		t.Run(mode, func(t *testing.T) {
			s := start(t, Config{
				Handler: handler, Packs: []string{conformance.Small, conformance.Large}, TLS: TLS{Mode: mode, State: t.TempDir()},
				Limits:    Limits{HeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, HeaderBytes: 32 << 10, MinRate: 16 << 10, Connections: 1000, Requests: 1000},
				AccessLog: slog.New(slog.DiscardHandler),
			})
			conformance.Run(t, conformance.Target{URL: s.url, Page: true, TLS: &tls.Config{InsecureSkipVerify: true}})
		})
	}
}
