//go:build !js

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mixtab/tools/bench/measure"
)

func TestDrawSweep(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sweep.svg")
	s := measure.Sweep{Of: measure.ContextSweep, Points: []measure.Point{{Tokens: 0, Ms: 3}, {Tokens: 100, Ms: 4}}, Fixed: 3, PerToken: 0.01, KVGBs: 2.5}
	if err := drawSweep(file, s); err != nil {
		t.Fatal(err)
	}
	svg, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(svg), "2.50 GB/s") {
		t.Errorf("%v: %.200s", err, svg)
	}
	if err := drawSweep(filepath.Join(t.TempDir(), "no", "folder.svg"), s); err == nil {
		t.Error("a file in no folder was written")
	}
}
