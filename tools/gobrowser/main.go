// Gobrowser runs a js/wasm program in a headless Chromium with WebGPU. It is made
// for go test:
//
//	go build -o build/gobrowser ./tools/gobrowser
//	GOOS=js GOARCH=wasm go test -exec $PWD/build/gobrowser ./wasm/webgpu
//
// The program runs in a dedicated worker of a cross-origin isolated page that has
// loaded the JavaScript modules beside our Go packages, wasm/*/*.js. Its output and exit
// code become gobrowser's. It has no file system to read; instead fetch finds its
// package's files under /testdata/ and the module's under /module/.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const usage = `usage: gobrowser PROGRAM.wasm [ARGUMENTS]

Runs a GOOS=js GOARCH=wasm program in headless Chromium with WebGPU, as in
  GOOS=js GOARCH=wasm go test -exec $PWD/build/gobrowser ./wasm/webgpu

Environment:
  MIXTAB_CHROMIUM        the browser, else chromium, chromium-browser or google-chrome
  MIXTAB_CHROMIUM_FLAGS  its WebGPU flags, else --use-webgpu-adapter=swiftshader
  MIXTAB_SERVE           a folder for fetch under /serve/
  MIXTAB_OUT             a folder that gets what the program writes below /out/
  MIXTAB_*, GODEBUG, GOTRACEBACK are handed to the program; its MIXTAB_ORIGIN is where
  /serve/, /testdata/ and /module/ are.
`

func main() {
	if len(os.Args) < 2 || os.Args[1] == "-h" || os.Args[1] == "--help" {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	code, err := run(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "gobrowser:", err)
		if code == 0 {
			code = 1
		}
	}
	os.Exit(code)
}

func run(program string, args []string) (int, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	defer stop()
	limit := timeout(args)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	browser, err := find()
	if err != nil {
		return 1, err
	}
	s, err := newSite(program, args)
	if err != nil {
		return 1, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 1, err
	}
	server := &http.Server{Handler: s}
	go server.Serve(listener)
	defer server.Close()

	chromium, err := start(browser, "http://"+listener.Addr().String()+"/")
	if err != nil {
		return 1, err
	}
	defer chromium.kill()

	select {
	case code := <-s.exit:
		return code, nil
	case err := <-s.failed:
		return 1, err
	case <-chromium.ended:
		return 1, fmt.Errorf("%s ended before the program did:\n%s", browser, chromium.log())
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return 1, fmt.Errorf("no end after %v; Chromium's last words:\n%s", limit, chromium.log())
		}
		return 1, errors.New("interrupted")
	}
}

// timeout is that of the tests, which end themselves, and some more; 10 minutes where
// there is none. Other programs may have gigabytes to move first.
func timeout(args []string) time.Duration {
	limit := 2 * time.Hour
	for _, arg := range args {
		if strings.HasPrefix(arg, "-test.") {
			limit = min(limit, 10*time.Minute)
		}
	}
	for _, arg := range args {
		if text, ok := strings.CutPrefix(arg, "-test.timeout="); ok {
			if d, err := time.ParseDuration(text); err == nil && d > 0 {
				limit = d + 20*time.Second
			}
		}
	}
	return limit
}

// programArgs drops the flags that need a file system.
func programArgs(args []string) []string {
	kept := []string{}
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	for _, name := range []string{"testlogfile", "coverprofile", "cpuprofile", "memprofile", "blockprofile",
		"mutexprofile", "trace", "outputdir", "gocoverdir", "fuzzcachedir"} {
		flags.String("test."+name, "", "")
	}
	for _, arg := range args {
		name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if flags.Lookup(name) == nil {
			kept = append(kept, arg)
		}
	}
	return kept
}

// programEnv is what of the environment the program gets. Go's start-up code has
// room for some 8 KB of arguments and environment together.
func programEnv(environ []string) map[string]string {
	env := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "MIXTAB_") || name == "GODEBUG" || name == "GOTRACEBACK" {
			env[name] = value
		}
	}
	return env
}

// tail keeps the last bytes written to it.
type tail struct{ bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	t.Buffer.Write(p)
	if over := t.Len() - 64<<10; over > 0 {
		t.Next(over)
	}
	return len(p), nil
}
