package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A file that its owner alone may read is told of to whoever is not the owner.
func TestVerifyAsAnotherUser(t *testing.T) {
	dir := tinyPack(t)
	small := shardsOf(t)[0]
	if err := os.Chmod(filepath.Join(dir, small), 0); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "verify", "-pack", dir)
	cmd.Env = append(os.Environ(), "MIXTAB_TEST_AS_COMMAND=1")
	if os.Getuid() == 0 {
		// Root reads everything, so somebody else has to try.
		for up := filepath.Dir(dir); up != filepath.Dir(os.TempDir()) && up != os.TempDir(); up = filepath.Dir(up) {
			if err := os.Chmod(up, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	err := cmd.Run()
	want := dir + "/" + small + ": must not be read by this user: give leave to read it, and to enter its folder (chmod -R a+rX)\nmixtab-server: 1 fault was found\n"
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || stderr.String() != want {
		t.Errorf("got %v\n%swant\n%s", err, &stderr, want)
	}
}
