package ref_test

import (
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/gpu/gputest"
	"mixtab/engine/kernel/kerneltest"
	"mixtab/engine/ref"
)

func TestKernels(t *testing.T) {
	dev := ref.New()
	defer dev.Close()
	kerneltest.RunAll(t, dev)
}

func TestDevice(t *testing.T) {
	gputest.RunAll(t, func(*testing.T) gpu.Device { return ref.New() })
}
