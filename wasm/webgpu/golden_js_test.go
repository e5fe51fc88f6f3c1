package webgpu

import (
	"testing"

	"mixtab/tools/eval/golden"
)

func TestGolden(t *testing.T) {
	dev := open(t)
	defer dev.Close()
	golden.RunAll(t, dev)
}
