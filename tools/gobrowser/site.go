package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed page
var page embed.FS

// site serves the page and takes what the program says.
type site struct {
	mux    *http.ServeMux
	exit   chan int
	failed chan error
}

func newSite(program string, args []string) (*site, error) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	wasmExec := filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", "wasm_exec.js")
	for _, name := range []string{program, wasmExec} {
		if _, err := os.Stat(name); err != nil {
			return nil, err
		}
	}
	config, err := json.Marshal(map[string]any{
		"argv": append([]string{filepath.Base(program)}, programArgs(args)...),
		"env":  programEnv(os.Environ()),
	})
	if err != nil {
		return nil, err
	}
	s := &site{mux: http.NewServeMux(), exit: make(chan int, 1), failed: make(chan error, 1)}
	s.file("/program.wasm", program)
	s.file("/wasm_exec.js", wasmExec)
	for _, name := range []string{"index.html", "page.js", "worker.js"} {
		s.mux.HandleFunc("/"+strings.TrimSuffix(name, "index.html"), func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, page, "page/"+name)
		})
	}
	s.mux.HandleFunc("/config.json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(config)
	})
	root := moduleRoot()
	s.mux.HandleFunc("/helpers.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		helpers, _ := filepath.Glob(filepath.Join(root, "wasm", "*", "*.js"))
		for _, helper := range helpers {
			rel, _ := filepath.Rel(root, helper)
			fmt.Fprintf(w, "import %q;\n", "/module/"+filepath.ToSlash(rel))
		}
	})
	if dir := os.Getenv("MIXTAB_SERVE"); dir != "" {
		s.mux.Handle("/serve/", http.StripPrefix("/serve/", http.FileServer(http.Dir(dir))))
	}
	s.mux.Handle("/testdata/", http.FileServer(http.Dir(".")))
	s.mux.Handle("/module/", http.StripPrefix("/module/", http.FileServer(http.Dir(root))))
	s.mux.HandleFunc("POST /output", s.output)
	s.mux.HandleFunc("POST /file", s.written)
	s.mux.HandleFunc("POST /exit", s.exited)
	s.mux.HandleFunc("POST /failed", s.fail)
	s.mux.HandleFunc("/alive", s.alive)
	return s, nil
}

// ServeHTTP makes every answer fit for a cross-origin isolated page.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	s.mux.ServeHTTP(w, r)
}

func (s *site) file(url, name string) {
	s.mux.HandleFunc(url, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(url, ".wasm") {
			w.Header().Set("Content-Type", "application/wasm") // the test binary is named .test
		}
		http.ServeFile(w, r, name)
	})
}

func (s *site) output(w http.ResponseWriter, r *http.Request) {
	out := os.Stdout
	if r.URL.Query().Get("fd") == "2" {
		out = os.Stderr
	}
	io.Copy(out, r.Body)
}

// written takes a file that the program wrote below /out/.
func (s *site) written(w http.ResponseWriter, r *http.Request) {
	name := filepath.Join(os.Getenv("MIXTAB_OUT"), filepath.Base(r.URL.Query().Get("name")))
	f, err := os.Create(name)
	if err == nil {
		_, err = io.Copy(f, r.Body)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		s.report(err)
	}
}

func (s *site) exited(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.Atoi(r.URL.Query().Get("code"))
	if err != nil {
		code = 1
	}
	select {
	case s.exit <- code:
	default:
	}
}

func (s *site) fail(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	s.report(errors.New(string(text)))
}

// alive is a request that lasts as long as the page: its end is the page's.
func (s *site) alive(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
	<-r.Context().Done()
	s.report(errors.New("the page died (a crash, or out of memory)"))
}

func (s *site) report(err error) {
	select {
	case s.failed <- err:
	default:
	}
}

// moduleRoot is the folder of the go.mod that governs the working directory.
func moduleRoot() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	for up := dir; ; up = filepath.Dir(up) {
		if _, err := os.Stat(filepath.Join(up, "go.mod")); err == nil {
			return up
		}
		if up == filepath.Dir(up) {
			return dir
		}
	}
}
