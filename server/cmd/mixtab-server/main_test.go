package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
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

// slowHandler sends half of its body, tells, and waits for leave to send the rest.
type slowHandler struct{ half, leave chan struct{} }

func (h slowHandler) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	io.WriteString(w, "first half, ")
	w.(http.Flusher).Flush()
	close(h.half)
	<-h.leave
	io.WriteString(w, "second half")
}

// startSlow starts a download from a server that is then told to stop.
func startSlow(t *testing.T, drain time.Duration) (h slowHandler, body io.ReadCloser, addr string, ended chan error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h = slowHandler{make(chan struct{}), make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	ended = make(chan error, 1)
	go func() {
		ended <- serveUntil(ctx, listener, h, drain, slog.New(slog.DiscardHandler))
	}()
	resp, err := http.Get("http://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	<-h.half
	cancel()
	return h, resp.Body, listener.Addr().String(), ended
}

func TestShutdownLetsDownloadsFinish(t *testing.T) {
	h, body, addr, ended := startSlow(t, 30*time.Second)
	defer body.Close()
	deadline := time.Now().Add(10 * time.Second)
	for {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			break // refused: the listener is closed
		}
		c.Close()
		if time.Now().After(deadline) {
			t.Fatal("the server takes connections 10 s after it was told to stop")
		}
		time.Sleep(time.Millisecond)
	}
	select {
	case err := <-ended:
		t.Fatalf("the server ended in the middle of a download (%v)", err)
	default:
	}
	close(h.leave)
	got, err := io.ReadAll(body)
	if string(got) != "first half, second half" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestShutdownDoesNotWaitForEver(t *testing.T) {
	h, body, _, ended := startSlow(t, 50*time.Millisecond)
	defer body.Close()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the server ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the server waits for a download that does not end")
	}
	close(h.leave)
	if _, err := io.ReadAll(body); err == nil {
		t.Error("a download that was cut off looks whole")
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
		{"port taken", []string{"-addr", taken.Addr().String()}, []string{taken.Addr().String(), "taken", "-addr"}},
		{"bad address", []string{"-addr", "nonsense"}, []string{"-addr", "nonsense"}},
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

func TestFlagsAndEnvironment(t *testing.T) {
	dir := t.TempDir()
	packs := func(c config) string { return c.packs.String() }
	t.Run("defaults", func(t *testing.T) {
		c, err := parse(nil, io.Discard)
		if err != nil || c.addr != "localhost:8080" || len(c.packs) != 0 || c.logLevel != slog.LevelInfo {
			t.Errorf("got %+v, %v", c, err)
		}
	})
	t.Run("packs", func(t *testing.T) {
		c, err := parse([]string{"-pack", "/data/Mixtral 8x7B_q4/", "-pack", "tiny=" + dir}, io.Discard)
		if want := "mixtral-8x7b_q4=/data/Mixtral 8x7B_q4/,tiny=" + dir; err != nil || packs(c) != want {
			t.Errorf("got %s, %v; want %s", packs(c), err, want)
		}
	})
	t.Run("environment", func(t *testing.T) {
		t.Setenv("MIXTAB_ADDR", "localhost:9999")
		t.Setenv("MIXTAB_PACK", "a=/x,b=/y")
		c, err := parse(nil, io.Discard)
		if err != nil || c.addr != "localhost:9999" || packs(c) != "a=/x,b=/y" {
			t.Errorf("got %+v, %v", c, err)
		}
		c, err = parse([]string{"-addr", "localhost:1"}, io.Discard)
		if err != nil || c.addr != "localhost:1" {
			t.Errorf("a flag should win over the environment; got %+v, %v", c, err)
		}
	})
	t.Run("help", func(t *testing.T) {
		var out strings.Builder
		_, err := parse([]string{"-h"}, &out)
		if !errors.Is(err, flag.ErrHelp) {
			t.Errorf("got %v", err)
		}
		for _, want := range []string{"-addr", "-pack", "-drain", "-log", "MIXTAB_ADDR", "tools/pack"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("-h does not tell of %s", want)
			}
		}
	})
}

func TestGreeting(t *testing.T) {
	bound := &net.TCPAddr{IP: net.IPv4zero, Port: 8080}
	for _, c := range []struct {
		addr, pack, url string
		warns           bool
	}{
		{"localhost:8080", "", "http://localhost:8080", false},
		{"localhost:8080", "tiny", "http://localhost:8080/?pack=packs/tiny/", false},
		{"127.0.0.1:0", "", "http://127.0.0.1:8080", false},
		{"[::1]:8080", "", "http://[::1]:8080", false},
		{":8080", "", "http://localhost:8080", true},
		{"0.0.0.0:8080", "", "http://localhost:8080", true},
		{"[::]:8080", "tiny", "http://localhost:8080/?pack=packs/tiny/", true},
		{"192.168.1.5:8080", "", "http://192.168.1.5:8080", true},
		{"gpu.lan:8080", "", "http://gpu.lan:8080", true},
	} {
		first, rest, _ := strings.Cut(greeting(c.addr, bound, c.pack), "\n")
		if first != "mixtab: "+c.url {
			t.Errorf("%s: the first line is %q, want %s", c.addr, first, c.url)
		}
		if warned := strings.Contains(rest, "WebGPU"); warned != c.warns {
			t.Errorf("%s: warned %v, want %v: %q", c.addr, warned, c.warns, rest)
		}
	}
}
