package measure

import (
	"context"
	"strings"
	"time"

	"mixtab/engine"
	"mixtab/engine/profile"
	"mixtab/engine/sample"
)

// A Profile says what the kernels of a run took, each dispatch by itself.
type Profile struct {
	Prefill []profile.Row  `json:"prefill"` // of the whole prompt, and the first sample
	Decode  []profile.Row  `json:"decode"`  // of Steps tokens
	Steps   float64        `json:"steps"`
	GFlops  float64        `json:"gflop_s"` // of the fma kernel: float32 operations
	Record  profile.Record `json:"-"`
}

// profileSteps is how many decoded tokens are profiled, at most.
const profileSteps = 8

// profileRun generates once more from an empty cache.
func profileRun(ctx context.Context, dev *profile.Device, e *engine.Engine, c Config, copyGBs float64) (*Profile, error) {
	gflops, err := engine.FlopRate(ctx, dev, time.Second/2)
	if err != nil {
		return nil, err
	}
	e.Forget()
	dev.Start()
	tokens := 0
	for _, err := range e.Generate(ctx, c.IDs, sample.Config{}) {
		if err != nil {
			return nil, err
		}
		if tokens++; tokens == min(c.Gen, profileSteps+1) {
			break
		}
	}
	p := &Profile{Record: dev.Stop(), GFlops: gflops}
	spans := p.Record.Spans
	decode := len(spans) // where it begins
	for i := range spans {
		if strings.HasPrefix(spans[i].Program, "decode ") {
			decode = i
			break
		}
	}
	limits := profile.Limits{GBs: copyGBs, GFlops: gflops}
	p.Prefill, p.Decode = profile.Table(spans[:decode], limits), profile.Table(spans[decode:], limits)
	p.Steps = float64(len(spans)-decode) / float64(e.DispatchesPerToken())
	return p, nil
}
