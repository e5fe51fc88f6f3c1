package box

import (
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

var discard = slog.New(slog.DiscardHandler)

// opens says how New takes the configuration.
func opens(cfg Config) error {
	if cfg.Log == nil {
		cfg.Log = discard
	}
	s, err := New(cfg)
	if err == nil {
		s.Close()
	}
	return err
}

// mentions checks an error that people read: one line, with these words in it.
func mentions(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q has several lines", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not mention %q", err, word)
		}
	}
}

func TestListenMistakes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		listen string
		want   []string
	}{
		{"taken", taken.Addr().String(), []string{"-listen", taken.Addr().String(), "taken", "another port"}},
		{"no port", "localhost", []string{"localhost", "host:port"}},
		{"not ours", "192.0.2.1:80", []string{"192.0.2.1:80", "no address of this machine"}},
		{"no folder", "unix:" + dir + "/missing/s", []string{"missing/s", "folder is missing"}},
		{"a file", "unix:" + plain, []string{plain, "no socket", "remove it"}},
		{"long", "unix:" + dir + "/" + strings.Repeat("x", 120), []string{"too long"}},
		{"systemd", "systemd", []string{"systemd", ".socket"}},
	} {
		t.Run(c.name, func(t *testing.T) { mentions(t, opens(Config{Listen: []string{c.listen}}), c.want...) })
	}
	if text, err := os.ReadFile(plain); string(text) != "mine" {
		t.Errorf("the file has become %q (%v)", text, err)
	}
}

// A user without rights may open neither a low port nor a socket in another's folder.
func TestListenWithoutRights(t *testing.T) {
	mentions(t, refusedAs(&net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EACCES)}, ":80"), ":80", "1024", "setcap", "-listen systemd")
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listenAt := func() (net.Listener, error) { return listenUnix(path, 0o620) }
	first, err := listenAt()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o620 || info.Mode().Type() != fs.ModeSocket {
		t.Errorf("the socket is %v (%v)", info.Mode(), err)
	}
	_, err = listenAt()
	mentions(t, err, path, "in use")

	// As a server leaves it that was killed.
	first.(*net.UnixListener).SetUnlinkOnClose(false)
	first.Close()
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	second, err := listenAt()
	if err != nil {
		t.Fatalf("a stale socket stands in the way: %v", err)
	}
	second.Close()
	if _, err := os.Stat(path); err == nil {
		t.Error("a server that ended by itself left its socket")
	}
}

func TestTwoServersOnOneSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s := start(t, Config{Listen: []string{"unix:" + path}, UnixMode: 0o600})
	mentions(t, opens(Config{Listen: []string{"unix:" + path}}), "in use")
	if c, err := net.Dial("unix", path); err != nil {
		t.Errorf("the first server lost its socket: %v", err)
	} else {
		c.Close()
	}
	s.stop()
	<-s.ended
}
