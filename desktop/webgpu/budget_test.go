package webgpu

import (
	"testing"

	"mixtab/engine/mixtral/mixtraltest"
)

func TestBudgets(t *testing.T) {
	dev := open(t)
	defer dev.Close()
	mixtraltest.RunAll(t, dev)
}
