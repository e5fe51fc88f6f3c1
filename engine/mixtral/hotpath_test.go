package mixtral_test

import (
	"testing"

	"mixtab/engine/mixtral/mixtraltest"
	"mixtab/engine/ref"
)

func TestHotPath(t *testing.T) { mixtraltest.HotPath(t, ref.New(), 0) }

func TestHostSampling(t *testing.T) { mixtraltest.HostSampling(t, ref.New()) }

func TestDrafts(t *testing.T) { mixtraltest.Drafts(t, ref.New()) }
