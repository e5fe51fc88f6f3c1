package process

import (
	"context"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func onlyLinux(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the figures are those of Linux's /proc")
	}
}

func TestUsage(t *testing.T) {
	onlyLinux(t)
	s, err := Start(context.Background(), Options{}, nil, "/bin/sh", "-c", "while :; do :; done")
	if err != nil {
		t.Fatal(err)
	}
	var u Usage
	for deadline := time.Now().Add(10 * time.Second); u.CPU < 100*time.Millisecond; time.Sleep(10 * time.Millisecond) {
		if u, err = s.Usage(); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("a busy loop took %s in 10 s", u.CPU)
		}
	}
	if u.RSS < 100<<10 || u.Peak < u.RSS || u.Files < 3 {
		t.Errorf("got %+v", u)
	}
	// A shell does not end well by SIGTERM, and that is told.
	if err := s.Stop(); err == nil || !strings.Contains(err.Error(), "terminated") {
		t.Errorf("the end was told as %v", err)
	}
	if _, err := s.Usage(); err == nil {
		t.Error("a program that has ended has figures")
	}
}

// A server and its workers count together.
func TestUsageOfChildren(t *testing.T) {
	onlyLinux(t)
	s, err := Start(context.Background(), Options{}, nil, "/bin/sh", "-c", "sleep 30 & sleep 30 & wait")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		pids, err := family(s.cmd.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if len(pids) == 3 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d processes, want 3", len(pids))
		}
	}
}

func TestStartTellsWhatWentWrong(t *testing.T) {
	addr, err := FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	_, err = Start(context.Background(), Options{}, []string{addr}, "/bin/sh", "-c", "echo no such pack >&2; exit 3")
	if err == nil || !strings.Contains(err.Error(), "no such pack") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v", err)
	}
}

func TestFewFiles(t *testing.T) {
	s, err := Start(context.Background(), Options{Files: 50}, nil, "/bin/sh", "-c", "ulimit -Hn")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil || strings.TrimSpace(s.Output()) != "50" {
		t.Errorf("the limit is %q (%v), want 50", s.Output(), err)
	}
}

func TestCertificate(t *testing.T) {
	cert, key, err := Certificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, kind := range map[string]string{cert: "CERTIFICATE", key: "PRIVATE KEY"} {
		if text, err := os.ReadFile(name); err != nil || !strings.Contains(string(text), kind) {
			t.Errorf("%s holds %.40q (%v)", name, text, err)
		}
	}
}
