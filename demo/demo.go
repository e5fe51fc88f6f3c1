// Package demo holds the packed demo model.
package demo

import (
	"embed"
	"io/fs"
)

//go:embed all:pack
var files embed.FS

// FS is the demo model's pack.
func FS() fs.FS {
	pack, err := fs.Sub(files, "pack")
	if err != nil {
		panic(err) // the name is a constant
	}
	return pack
}
