// Package workerd runs the Worker on this machine, in Cloudflare's own runtime, for tests
// and measurements. It compiles the Go program as it is, and starts local/serve.mjs in
// Node, which asks nothing of the network.
package workerd

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Settings is what start of local/site.mjs takes.
type Settings struct {
	Build  string            `json:"build"`            // a folder that Build wrote
	Packs  map[string]string `json:"packs"`            // folders, by the names of packs
	Preset string            `json:"preset,omitempty"` // the default pack
	Page   string            `json:"page,omitempty"`   // a folder that server/edge/page wrote
	Entry  string            `json:"entry,omitempty"`  // a module that stands in front of the Worker
	Vars   map[string]any    `json:"vars,omitempty"`   // further variables of the Worker

	Inspect bool `json:"inspect,omitempty"` // let Heap look
}

// Missing says what this machine lacks.
type Missing string

func (m Missing) Error() string { return string(m) }

// root is the module's folder.
var root = sync.OnceValues(func() (string, error) {
	file, err := exec.Command("go", "env", "GOMOD").Output()
	return filepath.Dir(strings.TrimSpace(string(file))), err
})

// Build compiles the Go program into a folder, and puts Go's own wasm_exec.js beside it.
func Build(dir string) error {
	root, err := root()
	if err != nil {
		return err
	}
	compile := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, "edge.wasm"), "./server/edge")
	compile.Dir = root
	compile.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := compile.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	support, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(goroot)), "lib/wasm/wasm_exec.js"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "wasm_exec.js"), support, 0o666)
}

// A Site is the Worker as it runs.
type Site struct {
	URL   string
	Ready time.Duration // from the start of the runtime until it listened
	Log   Log           // of Node and the Worker

	node  *exec.Cmd
	stdin io.WriteCloser
	heaps chan int64    // what Heap is told
	read  chan struct{} // closed when all of the output is in Log
}

// Log takes the lines of several streams.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Check says, as a Missing, what has to be installed.
func Check() error {
	root, err := root()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(root, "server/edge/node_modules/.package-lock.json")); err != nil {
		return Missing("server/edge/node_modules is not there: make edge-test installs it")
	}
	if _, err := exec.LookPath("node"); err != nil {
		return Missing("Node is not there: install Node 20.19 or newer from https://nodejs.org")
	}
	return nil
}

// Start runs the Worker until Stop.
func Start(with Settings) (*Site, error) {
	if err := Check(); err != nil {
		return nil, err
	}
	root, err := root()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(with)
	if err != nil {
		return nil, err
	}
	s := &Site{node: exec.Command("node", "--experimental-websocket", "local/serve.mjs", string(text)), heaps: make(chan int64), read: make(chan struct{})}
	s.node.Dir = filepath.Join(root, "server/edge")
	s.node.Env = append(os.Environ(), "CLOUDFLARE_CF_FETCH_ENABLED=false", "WRANGLER_SEND_METRICS=false", "WRANGLER_SEND_ERROR_REPORTS=false")
	s.node.Stderr = &s.Log
	if s.stdin, err = s.node.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := s.node.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.node.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	go s.listen(lines)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the Worker does not start: %w", err), s.Stop())
	}
	var said struct {
		URL     string  `json:"url"`
		ReadyMS float64 `json:"ready_ms"`
	}
	if err := json.Unmarshal([]byte(line), &said); err != nil {
		return nil, errors.Join(fmt.Errorf("the Worker says %q: %w", line, err), s.Stop())
	}
	s.URL, s.Ready = said.URL, time.Duration(said.ReadyMS*float64(time.Millisecond))
	return s, nil
}

// listen keeps what Node says, but for the answers to Heap.
func (s *Site) listen(lines *bufio.Reader) {
	defer close(s.read)
	for {
		line, err := lines.ReadBytes('\n')
		var said struct{ Heap int64 }
		if json.Unmarshal(line, &said) == nil && said.Heap > 0 {
			s.heaps <- said.Heap
		} else {
			s.Log.Write(line)
		}
		if err != nil {
			return
		}
	}
}

// Heap is how many bytes of JavaScript there are in the Worker's isolate, those among them
// that have not been collected yet. The settings have to say Inspect.
func (s *Site) Heap() (int64, error) {
	if _, err := io.WriteString(s.stdin, "heap\n"); err != nil {
		return 0, err
	}
	select {
	case n := <-s.heaps:
		return n, nil
	case <-s.read:
		return 0, fmt.Errorf("the Worker has ended:\n%s", &s.Log)
	}
}

// Stop ends the Worker. What it has said is in the error, if there is one.
func (s *Site) Stop() error {
	s.stdin.Close() // which ends it
	<-s.read
	if err := s.node.Wait(); err != nil {
		return fmt.Errorf("the Worker: %w\n%s", err, &s.Log)
	}
	return nil
}

// State is what local/faults.mjs tells of the Go program that is kept.
type State struct {
	Starts int   // of programs by requests: none where the early one lives on
	Silent int   // how often the bucket was asked for what it never answers
	Bytes  int64 // of WebAssembly memory, which never shrinks
}

// Control asks local/faults.mjs, behind whose /test/ are the keys of the bucket: PUT and
// DELETE change it. "?seconds=60" moves the Worker's clock on.
func (s *Site) Control(ctx context.Context, method, keyAndQuery, body string) (state State, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.URL+"/test/"+keyAndQuery, strings.NewReader(body))
	if err != nil {
		return state, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return state, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return state, fmt.Errorf("%s %s: %s", method, r.URL, resp.Status)
	}
	return state, json.NewDecoder(resp.Body).Decode(&state)
}
