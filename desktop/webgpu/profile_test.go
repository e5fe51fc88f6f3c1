package webgpu

import (
	"testing"

	"mixtab/engine/profile/profiletest"
)

func TestProfile(t *testing.T) {
	dev := open(t)
	defer dev.Close()
	profiletest.Run(t, dev)
}
