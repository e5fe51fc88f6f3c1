package webgpu

import (
	"testing"

	"mixtab/engine/mixtral/mixtraltest"
)

func TestHotPath(t *testing.T) {
	dev := open(t)
	defer dev.Close()
	mixtraltest.HotPath(t, dev, 0)
}

func TestHostSampling(t *testing.T) {
	dev := open(t)
	defer dev.Close()
	mixtraltest.HostSampling(t, dev)
}

func TestDrafts(t *testing.T) {
	dev := open(t)
	defer dev.Close()
	mixtraltest.Drafts(t, dev)
}
