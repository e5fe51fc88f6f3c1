package main

import (
	"bufio"
	"errors"
	"io"
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

// A process is the command, running.
type process struct {
	*exec.Cmd
	url   string
	ended chan error
}

// launch starts the command and waits until it says where it serves. It is killed when the
// test ends, if it still runs.
func launch(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	cmd.Env = append(os.Environ(), append(cmd.Env, "MIXTAB_TEST_AS_COMMAND=1")...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: cmd, ended: make(chan error, 1)}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	go func() { p.ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })
	url, found := strings.CutPrefix(strings.TrimSpace(line), "mixtab: ")
	if err != nil || !found {
		t.Fatalf("the first line is %q (%v), want where it serves", line, err)
	}
	p.url = url
	return p
}

// end waits for the process to end.
func (p *process) end(t testing.TB) error {
	t.Helper()
	select {
	case err := <-p.ended:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("the command still runs after 10 s")
		return nil
	}
}

func (p *process) signal(t testing.TB, sig os.Signal) {
	t.Helper()
	if err := p.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// status is that of one request.
func status(t testing.TB, url string) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func TestSignalsStopTheServer(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(sig.String(), func(t *testing.T) {
			p := launch(t, exec.Command(os.Args[0], "-addr", "127.0.0.1:0"))
			for _, path := range []string{"/healthz", "/readyz", "/packs.json", "/packs/demo/manifest.json"} {
				if code := status(t, p.url+path); code != 200 {
					t.Errorf("%s: %d", path, code)
				}
			}
			p.signal(t, sig)
			if err := p.end(t); err != nil {
				t.Errorf("the command ended with %v", err)
			}
		})
	}
}

// While it is a lame duck, the server serves and /readyz says that it stops. A second
// signal ends it at once.
func TestLameDuckAndSecondSignal(t *testing.T) {
	p := launch(t, exec.Command(os.Args[0], "-addr", "127.0.0.1:0", "-lame-duck", "1h"))
	p.signal(t, syscall.SIGTERM)
	deadline := time.Now().Add(10 * time.Second)
	for status(t, p.url+"/readyz") != 503 {
		if time.Now().After(deadline) {
			t.Fatal("/readyz does not say 503")
		}
		time.Sleep(time.Millisecond)
	}
	if code := status(t, p.url+"/packs/demo/manifest.json"); code != 200 {
		t.Errorf("a lame duck answers %d", code)
	}
	p.signal(t, syscall.SIGTERM)
	var exit *exec.ExitError
	if err := p.end(t); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("the command ended with %v, want by the signal", err)
	}
}

// The end of a log's reader is not the end of the server.
func TestBrokenPipeUnderTheLog(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	cmd := exec.Command(os.Args[0], "-addr", "127.0.0.1:0", "-access-log", "stderr")
	cmd.Stderr = writer
	p := launch(t, cmd)
	reader.Close()
	for range 10 {
		if code := status(t, p.url+"/healthz"); code != 200 {
			t.Fatalf("status %d", code)
		}
	}
	p.signal(t, syscall.SIGTERM)
	if err := p.end(t); err != nil {
		t.Errorf("the command ended with %v", err)
	}
}

func TestHangup(t *testing.T) {
	log := filepath.Join(t.TempDir(), "access.log")
	p := launch(t, exec.Command(os.Args[0], "-addr", "127.0.0.1:0", "-access-log", log))
	if err := os.Rename(log, log+".1"); err != nil {
		t.Fatal(err)
	}
	p.signal(t, syscall.SIGHUP)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(log); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the log was not opened again")
		}
	}
	if code := status(t, p.url+"/healthz"); code != 200 {
		t.Errorf("status %d", code)
	}
}

// The server takes systemd's socket, and tells it when it is ready and when it stops.
func TestSystemd(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	path := filepath.Join(t.TempDir(), "notify")
	news, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer news.Close()
	hear := func() string {
		buffer := make([]byte, 100)
		news.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, err := news.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		return string(buffer[:n])
	}
	// Only the process itself knows the number that systemd would put there.
	cmd := exec.Command("/bin/sh", "-c", `LISTEN_PID=$$ exec "$0" -listen systemd`, os.Args[0])
	cmd.ExtraFiles = []*os.File{socket} // as descriptor 3
	cmd.Env = []string{"LISTEN_FDS=1", "NOTIFY_SOCKET=" + path}
	p := launch(t, cmd)
	if want := "http://" + listener.Addr().String(); p.url != want {
		t.Errorf("it serves on %s, want %s", p.url, want)
	}
	if got := hear(); got != "READY=1" {
		t.Errorf("systemd hears %q", got)
	}
	if code := status(t, p.url+"/readyz"); code != 200 {
		t.Errorf("status %d", code)
	}
	p.signal(t, syscall.SIGTERM)
	if got := hear(); got != "STOPPING=1" {
		t.Errorf("systemd hears %q", got)
	}
	if err := p.end(t); err != nil {
		t.Errorf("the command ended with %v", err)
	}
	// The socket is systemd's: it is still there for the next start.
	c, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestHealthcheck(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"-listen", "unix:" + filepath.Join(dir, "plain")},
		{"-listen", "127.0.0.1:0"},
		{"-listen", "127.0.0.1:0", "-tls", "self", "-state", dir},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			p := launch(t, exec.Command(os.Args[0], args...))
			if _, address, found := strings.Cut(p.url, "://"); found {
				args[1] = address
			}
			var out strings.Builder
			check := append([]string{"healthcheck"}, args...)
			if err := run(t.Context(), check, &out, io.Discard); err != nil || out.String() != "ready\n" {
				t.Errorf("a ready server: %q, %v", out.String(), err)
			}
			p.signal(t, syscall.SIGTERM)
			p.end(t)
			if err := run(t.Context(), check, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "no answer") {
				t.Errorf("a server that has gone: %v", err)
			}
		})
	}
	err := run(t.Context(), []string{"healthcheck", "-listen", "systemd"}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "-listen") {
		t.Errorf("got %v", err)
	}
}

// A pack that this user may not read is told as that.
func TestPackWithoutRights(t *testing.T) {
	if os.Getuid() == 0 {
		testAsNobody(t)
		return
	}
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0); err != nil {
		t.Fatal(err)
	}
	err := run(t.Context(), []string{"-addr", "127.0.0.1:0", "-pack", closed}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "permission denied") || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("got %v", err)
	}
}

// testAsNobody runs the test again as a user without rights.
func testAsNobody(t *testing.T) {
	dir, err := os.MkdirTemp("", "mixtab-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "test")
	if data, err := os.ReadFile(os.Args[0]); err != nil {
		t.Fatal(err)
	} else if err := os.WriteFile(binary, data, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Dir, cmd.Env = dir, []string{"TMPDIR=" + dir, "HOME=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}
