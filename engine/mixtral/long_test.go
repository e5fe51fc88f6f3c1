package mixtral_test

import (
	"testing"

	"mixtab/engine/mixtral/mixtraltest"
	"mixtab/engine/ref"
)

func TestNeedle(t *testing.T) { mixtraltest.Needle(t, ref.New()) }
