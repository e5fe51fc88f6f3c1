// Command page makes the folder of static assets that Cloudflare serves as the page: the
// built files, and _headers, the file by which Cloudflare sets headers. Both are what the
// server's own handler answers with, so that the page is the same from one box and from
// the edge.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"mixtab/server"
)

func main() {
	err := run(context.Background(), os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
}

// run is main with its surroundings as arguments.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("page", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is told in one line, by main
	in := flags.String("in", "web/dist", "`folder` of the built page")
	out := flags.String("out", "build/edge/page", "`folder` to write, which is emptied first")
	flags.Usage = func() {}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, "page makes the static assets of the Worker from the built page.\n\n")
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return err
	} else if err != nil {
		return fmt.Errorf("%w (-h lists the flags)", err)
	}
	files, err := read(ctx, os.DirFS(*in))
	if err != nil {
		return fmt.Errorf("%s: %w", *in, err)
	}
	rules, err := headerRules(files)
	if err != nil {
		return fmt.Errorf("%s: %w", *in, err)
	}
	if err := os.RemoveAll(*out); err != nil {
		return err
	}
	for _, f := range files {
		if err := write(filepath.Join(*out, filepath.FromSlash(f.name)), f.body); err != nil {
			return err
		}
	}
	return write(filepath.Join(*out, "_headers"), []byte(rules))
}

// A file is one of the page as the handler answers for it.
type file struct {
	name   string
	body   []byte
	header http.Header
}

// read asks the handler for every file. Those that it does not serve by their own names,
// which are the compressed ones beside others, are left out: Cloudflare compresses.
func read(ctx context.Context, page fs.FS) ([]file, error) {
	handler, err := server.New(ctx, server.Config{Page: page})
	if err != nil {
		return nil, err
	}
	var files []file
	err = fs.WalkDir(page, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/"+name, nil)
		r.Header.Set("Accept-Encoding", "identity")
		handler.ServeHTTP(w, r)
		switch w.Code {
		case http.StatusOK:
			files = append(files, file{name, w.Body.Bytes(), w.Header()})
		case http.StatusNotFound:
		default:
			return fmt.Errorf("%s: the handler answers with %d: %s", name, w.Code, w.Body)
		}
		return nil
	})
	return files, err
}

func write(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}
