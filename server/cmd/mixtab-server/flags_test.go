package main

import (
	"errors"
	"flag"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"mixtab/server/box"
)

func TestFlagsAndEnvironment(t *testing.T) {
	dir := t.TempDir()
	t.Run("defaults", func(t *testing.T) {
		c, err := parse(nil, io.Discard, "")
		if err != nil || c.listen.String() != "localhost:8080" || len(c.packs) != 0 || c.logLevel != slog.LevelInfo || c.limits.MinRate != 16<<10 || c.limits.HeaderBytes != 32<<10 {
			t.Errorf("got %+v, %v", c, err)
		}
	})
	t.Run("packs", func(t *testing.T) {
		c, err := parse([]string{"-pack", "/data/Mixtral 8x7B_q4/", "-pack", "tiny=" + dir}, io.Discard, "")
		if want := "mixtral-8x7b_q4=/data/Mixtral 8x7B_q4/,tiny=" + dir; err != nil || c.packs.String() != want {
			t.Errorf("got %v, %v; want %s", c, err, want)
		}
	})
	t.Run("addresses", func(t *testing.T) {
		c, err := parse([]string{"-listen", ":1,unix:/x", "-addr", "localhost:2", "-listen", "systemd"}, io.Discard, "")
		if want := ":1,unix:/x,localhost:2,systemd"; err != nil || c.listen.String() != want {
			t.Errorf("got %v, %v; want %s", c, err, want)
		}
	})
	t.Run("values", func(t *testing.T) {
		c, err := parse([]string{"-min-rate", "1MiB", "-unix-mode", "0600", "-drain", "1m", "-tls-cert", "c", "-tls-key", "k"}, io.Discard, "")
		if err != nil || c.limits.MinRate != 1<<20 || c.unixMode != 0o600 || c.drain != time.Minute || c.tls.Mode != box.TLSFiles {
			t.Errorf("got %+v, %v", c, err)
		}
	})
	t.Run("environment", func(t *testing.T) {
		t.Setenv("MIXTAB_ADDR", "localhost:9999")
		t.Setenv("MIXTAB_PACK", "a=/x,b=/y")
		t.Setenv("MIXTAB_TLS_HOSTS", "a.example,b.example")
		c, err := parse(nil, io.Discard, "")
		if err != nil || c.listen.String() != "localhost:9999" || c.packs.String() != "a=/x,b=/y" || len(c.tls.Hosts) != 2 {
			t.Errorf("got %+v, %v", c, err)
		}
		c, err = parse([]string{"-addr", "localhost:1"}, io.Discard, "")
		if err != nil || c.listen.String() != "localhost:1" {
			t.Errorf("a flag should win over the environment; got %+v, %v", c, err)
		}
	})
	t.Run("help", func(t *testing.T) {
		var out strings.Builder
		err := run(t.Context(), []string{"-h"}, &out, io.Discard)
		if !errors.Is(err, flag.ErrHelp) {
			t.Errorf("got %v", err)
		}
		for _, want := range []string{"-listen", "-addr", "-pack", "-drain", "-log", "MIXTAB_LISTEN", "tools/pack", "healthcheck", "verify"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("-h does not tell of %s", want)
			}
		}
	})
}

// A file that would not be used is told of, and not left aside.
func TestFilesWithoutUse(t *testing.T) {
	for _, mode := range []string{"off", "self", "autocert"} {
		for _, file := range []string{"-tls-cert", "-tls-key"} {
			_, err := parse([]string{"-tls", mode, file, "x.pem"}, io.Discard, "")
			if err == nil || !strings.Contains(err.Error(), "-tls "+mode+" and "+file+" exclude each other") {
				t.Errorf("-tls %s %s: %v", mode, file, err)
			}
		}
	}
}

// What is wrong with a value is told in one line, whichever way the value came.
func TestBadValues(t *testing.T) {
	for _, c := range []struct {
		flag, value string
		want        []string
	}{
		{"drain", "soon", []string{"soon"}},
		{"drain", "-1s", []string{"negative"}},
		{"min-rate", "fast", []string{"16KiB"}},
		{"unix-mode", "999", []string{"0660"}},
		{"max-conns", "many", []string{"many"}},
		{"rate", "-3", []string{"negative"}},
		{"rate", "NaN", []string{"NaN", "1e9"}},
		{"rate-per-client", "Inf", []string{"Inf", "1e9"}},
		{"log", "loud", []string{"loud"}},
		{"log-format", "xml", []string{"text or json"}},
		{"listen", ",", []string{"empty"}},
		{"pack", "My Pack=/x", []string{"My Pack", "name=folder"}},
		{"trust-proxy", "10.0.0.0/99", []string{"10.0.0.0/8"}},
	} {
		check := func(t *testing.T, err error) {
			t.Helper()
			if err == nil {
				t.Fatal("no error")
			}
			variable := "MIXTAB_" + strings.ToUpper(strings.ReplaceAll(c.flag, "-", "_")) + "="
			if text := err.Error(); !strings.Contains(text, variable) && !strings.Contains(text, "-"+c.flag) {
				t.Errorf("%q names neither the flag nor the variable", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not mention %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q has several lines", err)
			}
		}
		t.Run(c.flag+" "+c.value, func(t *testing.T) {
			check(t, run(t.Context(), []string{"-addr", "127.0.0.1:0", "-" + c.flag, c.value}, io.Discard, io.Discard))
			name := "MIXTAB_" + strings.ToUpper(strings.ReplaceAll(c.flag, "-", "_"))
			t.Setenv(name, c.value)
			args := []string{"-addr", "127.0.0.1:0"}
			if c.flag == "listen" {
				args = nil
			}
			check(t, run(t.Context(), args, io.Discard, io.Discard))
		})
	}
}
