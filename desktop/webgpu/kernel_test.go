package webgpu

import (
	"testing"

	"mixtab/engine/kernel/kerneltest"
)

func TestKernels(t *testing.T) {
	dev := open(t)
	defer dev.Close()
	kerneltest.RunAll(t, dev)
}
