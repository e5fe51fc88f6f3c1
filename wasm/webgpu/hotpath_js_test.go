//go:build js && wasm

package webgpu

import (
	"testing"

	"mixtab/engine/mixtral/mixtraltest"
)

// A token is two crossings: its submit with the read, and the answer that brings it.
func TestHotPath(t *testing.T) {
	dev := open(t)
	defer dev.Close()
	mixtraltest.HotPath(t, dev, 2)
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
