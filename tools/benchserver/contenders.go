package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"text/template"

	"mixtab/tools/benchserver/process"
)

// A mode is a way to run a server that needs a process of its own.
type mode int

const (
	plain  mode = iota
	logged      // writes a line for each request into a file
	secure      // over TLS
	modes
)

// files are what both servers serve.
type files struct {
	page, pack string // folders
	cert, key  string
}

// A contender is a server with a process for each mode, all of which wait while one works.
type contender struct {
	name      string
	addrs     [modes]string
	processes [modes]*process.Server
}

// start starts a process for each mode, by the command that it is given.
func (c *contender) start(ctx context.Context, dir string, command func(mode mode, addr, dir string) ([]string, error)) error {
	for m := range modes {
		dir := filepath.Join(dir, fmt.Sprintf("%s-%d", c.name, m))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		addr, err := process.FreeAddr()
		if err != nil {
			return err
		}
		args, err := command(m, addr, dir)
		if err != nil {
			return err
		}
		c.addrs[m] = addr
		if c.processes[m], err = process.Start(ctx, process.Options{}, []string{addr}, args[0], args[1:]...); err != nil {
			return err
		}
	}
	return nil
}

func (c *contender) stop() error {
	var errs []error
	for _, p := range c.processes {
		if p != nil {
			errs = append(errs, p.Stop())
		}
	}
	return errors.Join(errs...)
}

//go:embed nginx.conf
var nginxConf string

// nginx says how to start nginx in a mode.
func (f files) nginx(m mode, addr, dir string) ([]string, error) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			return nil, fmt.Errorf("%w: make bench-server installs it", err)
		}
	}
	var text bytes.Buffer
	err = template.Must(template.New("").Parse(nginxConf)).Execute(&text, map[string]any{
		"Root": os.Getuid() == 0, "Cores": runtime.GOMAXPROCS(0), "Dir": dir, "Log": m == logged, "TLS": m == secure,
		"Addr": addr, "Cert": f.cert, "Key": f.key, "Page": f.page, "Pack": f.pack,
	})
	if err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "nginx.conf")
	return []string{program, "-p", dir, "-c", conf, "-e", "stderr"}, os.WriteFile(conf, text.Bytes(), 0o600)
}

// mixtab says how to start mixtab-server in a mode: with its limits as they are by
// default, of which those by client do not count for clients on the same machine. Idle
// connections stay as long as nginx lets them.
func (f files) mixtab(program string) func(m mode, addr, dir string) ([]string, error) {
	return func(m mode, addr, dir string) ([]string, error) {
		args := []string{program, "-addr", addr, "-pack", "noise=" + f.pack, "-idle-timeout", "10m"}
		switch m {
		case logged:
			args = append(args, "-access-log", filepath.Join(dir, "access.log"))
		case secure:
			args = append(args, "-tls-cert", f.cert, "-tls-key", f.key)
		}
		return args, nil
	}
}
