// Package web holds the built page, so that one binary can serve it.
package web

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

//go:embed all:dist
var built embed.FS

// Dist returns the files of the built page with index.html at the top.
func Dist() (fs.FS, error) {
	dist, err := fs.Sub(built, "dist")
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return checked(dist)
}

// checked refuses a page that was never built: a fresh clone has only the kept empty file.
func checked(dist fs.FS) (fs.FS, error) {
	_, err := fs.Stat(dist, "index.html")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New(`web: the page is not built: run "make build", then build this program again`)
	}
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return dist, nil
}
