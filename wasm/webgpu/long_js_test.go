package webgpu

import (
	"testing"

	"mixtab/engine/mixtral/mixtraltest"
)

func TestNeedle(t *testing.T) {
	dev := open(t)
	defer dev.Close()
	mixtraltest.Needle(t, dev)
}
