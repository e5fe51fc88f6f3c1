package main

import (
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The binary that make builds needs nothing but the kernel: it serves from a root in which
// there is no other file, as in the container.
func TestStatic(t *testing.T) {
	data, err := os.ReadFile("../../../build/mixtab-server")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("build/mixtab-server is not built: run make build/mixtab-server")
	} else if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	binary := filepath.Join(root, "mixtab-server")
	if err := os.WriteFile(binary, data, 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary has a part of type %v: it is not static (an old one? run make build/mixtab-server)", p.Type)
		}
	}
	if info, err := buildinfo.ReadFile(binary); err != nil || info.Main.Path != "mixtab" {
		t.Errorf("the binary does not say what it was built from: %v", err)
	}
	if os.Getuid() != 0 {
		t.Skip("the rest of the test needs root, for chroot")
	}
	server := exec.Command("/mixtab-server")
	server.Env, server.Dir = []string{"MIXTAB_LISTEN=unix:/socket"}, "/"
	server.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	if err := os.Chown(root, 65532, 65532); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil {
		t.Fatal(err)
	}
	p := launch(t, server)
	check := exec.Command("/mixtab-server", "healthcheck")
	check.Env, check.Dir, check.SysProcAttr = server.Env, "/", server.SysProcAttr
	if out, err := check.CombinedOutput(); err != nil || string(out) != "ready\n" {
		t.Errorf("the health check says %q (%v)", out, err)
	}
	p.signal(t, syscall.SIGTERM)
	if err := p.end(t); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

// systemd understands the units, and finds little that the service could still do.
func TestUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not here (Debian: apt-get install systemd)")
	}
	const units = "../../systemd"
	dir := t.TempDir()
	for _, name := range []string{"mixtab-server.service", "mixtab-server.socket"} {
		text, err := os.ReadFile(filepath.Join(units, name))
		if err != nil {
			t.Fatal(err)
		}
		// It wants the program to be there.
		there := strings.ReplaceAll(string(text), "ExecStart=/usr/local/bin/mixtab-server", "ExecStart="+os.Args[0])
		if err := os.WriteFile(filepath.Join(dir, name), []byte(there), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"mixtab-server.service", "mixtab-server.socket"} {
		out, err := exec.Command(analyze, "verify", "--man=no", filepath.Join(dir, name)).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	// 0 is a service that can do nothing, 10 one that can do all.
	out, err := exec.Command(analyze, "security", "--offline=yes", "--threshold=20", filepath.Join(dir, "mixtab-server.service")).CombinedOutput()
	if err != nil {
		t.Errorf("exposed to more than 2.0: %v\n%s", err, out)
	}
}

// What the units and the container set is what the flags understand.
func TestEnvironmentOfUnits(t *testing.T) {
	for file, prefix := range map[string]string{"../../systemd/mixtab-server.service": "Environment=", "../../Dockerfile": "ENV "} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names := make(map[string]bool)
		for _, f := range strings.Split(flagTable(new(config).flags()), "`") {
			names[f] = true
		}
		found := 0
		for _, line := range strings.Split(string(text), "\n") {
			settings, ok := strings.CutPrefix(line, prefix)
			if !ok {
				continue
			}
			for _, setting := range strings.Fields(settings) {
				name, value, _ := strings.Cut(setting, "=")
				t.Setenv(name, value)
				if found++; !names[name] {
					t.Errorf("%s sets %s, which no flag knows", file, name)
				}
			}
		}
		if found == 0 {
			t.Errorf("%s sets nothing", file)
		}
		if _, err := parse(nil, os.Stdout, ""); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
