package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var discard = slog.New(slog.DiscardHandler)

// The test binary is the command itself where the tests start it as one.
func TestMain(m *testing.M) {
	if os.Getenv("MIXTAB_TEST_AS_COMMAND") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestMistakes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	empty := t.TempDir()
	missing := filepath.Join(empty, "missing")
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"port taken", []string{"-addr", taken.Addr().String()}, []string{"-listen", taken.Addr().String(), "taken"}},
		{"bad address", []string{"-listen", "nonsense"}, []string{"-listen", "nonsense", "host:port"}},
		{"unknown flag", []string{"-port", "80"}, []string{"-port", "-h"}},
		{"argument", []string{"packs/demo"}, []string{"packs/demo", "-pack"}},
		{"missing folder", []string{"-pack", missing}, []string{"-pack", missing}},
		{"not a pack", []string{"-pack", "mine=" + empty}, []string{"mine", "manifest.json", "tools/pack"}},
		{"bad name", []string{"-pack", "My Pack=" + empty}, []string{"My Pack", "name=folder"}},
		{"same name", []string{"-pack", "a=" + empty, "-pack", "a=" + empty}, []string{`"a"`, "name=folder"}},
		{"bad level", []string{"-log", "loud"}, []string{"-log"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // what starts in spite of the mistake ends at once
			err := run(ctx, c.args, io.Discard, io.Discard)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not mention %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q has several lines", err)
			}
		})
	}
}
