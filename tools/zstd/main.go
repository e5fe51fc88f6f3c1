// Command zstd writes a .zst beside every file of the built page that has a .br: what
// web/scripts/compress.mjs leaves out, since Node 20 has no zstd.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// window is the largest that browsers take (RFC 9659).
const window = 8 << 20

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "zstd: name the folder of the built page, such as web/dist")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "zstd:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(window))
	if err != nil {
		return err
	}
	defer encoder.Close()
	found := false
	err = filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		plain, coded := strings.CutSuffix(name, ".br")
		if err != nil || d.IsDir() || !coded {
			return err
		}
		found = true
		data, err := os.ReadFile(plain)
		if err != nil {
			return err
		}
		return os.WriteFile(plain+".zst", encoder.EncodeAll(data, nil), 0o644)
	})
	if err == nil && !found {
		err = fmt.Errorf("%s has no file with a .br: run make build", folder)
	}
	return err
}
