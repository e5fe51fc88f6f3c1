package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
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

func TestSignalsStopTheServer(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(sig.String(), func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-addr", "127.0.0.1:0")
			cmd.Env = append(os.Environ(), "MIXTAB_TEST_AS_COMMAND=1")
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Process.Kill()
			line, err := bufio.NewReader(stdout).ReadString('\n')
			url, found := strings.CutPrefix(strings.TrimSpace(line), "mixtab: ")
			if err != nil || !found {
				t.Fatalf("the first line is %q (%v), want the URL", line, err)
			}
			for _, path := range []string{"/healthz", "/packs/demo/manifest.json"} {
				resp, err := http.Get(url + path)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode != 200 {
					t.Errorf("%s: %s", path, resp.Status)
				}
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("the command ended with %v", err)
				}
			case <-time.After(10 * time.Second):
				t.Error("the command still runs 10 s after the signal")
			}
		})
	}
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
