package measure

import (
	"context"

	"mixtab/engine"
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/weights"
)

// Tuning says which variants of kernels were in use, and what was measured of others.
type Tuning struct {
	Decode    string               `json:"decode"`
	Prefill   string               `json:"prefill"`
	Attention string               `json:"attention"`
	Measured  *engine.TuningReport `json:"measured,omitempty"`
}

// choose measures the variants before the pack is opened, so that this is no part of the
// opening: on a GPU always, as Open would, else if it is wanted.
func (t *Tuning) choose(ctx context.Context, dev gpu.Device, man *weights.Manifest, cfg engine.Config, always bool) (kernel.Tuning, error) {
	tuning := kernel.TuningForModel(dev.Info(), man.Config.Dim)
	if always || dev.Info().Kind != gpu.KindCPU {
		var r engine.TuningReport
		var err error
		if tuning, r, err = engine.Tune(ctx, dev, man, cfg); err != nil {
			return tuning, err
		}
		t.Measured = &r
	}
	t.Decode, t.Prefill, t.Attention = tuning.Decode.String(), tuning.Prefill.String(), tuning.Attention.String()
	return tuning, nil
}
