package measure

import (
	"context"
	"fmt"
	"time"

	"mixtab/engine"
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/mixtral"
	"mixtab/engine/sample"
	"mixtab/engine/weights"
)

// A Sweep is a series of times, and the line that fits them best: PerToken · tokens + Fixed.
type Sweep struct {
	Of       string          `json:"sweep"` // "context" or "prefill"
	Device   string          `json:"device"`
	Adapter  string          `json:"adapter"`
	Pack     string          `json:"pack"`
	Format   string          `json:"format"`
	Layers   int             `json:"layers"`
	KVFormat kernel.KVFormat `json:"kv_format"`
	Tuning   Tuning          `json:"tuning"`
	CopyGBs  float64         `json:"copy_gb_s"`

	Points   []Point `json:"points"`
	PerToken float64 `json:"ms_per_token"`
	Fixed    float64 `json:"fixed_ms"`
	// KVGBs is, of "context", how fast keys and values must be read for the slope.
	KVGBs float64 `json:"kv_gb_s,omitempty"`
}

// A Point is what so many tokens take: of "context" a decoded token behind them, of "prefill" they
// themselves.
type Point struct {
	Tokens int     `json:"tokens"`
	Ms     float64 `json:"ms"`
}

// Sweeps are what RunSweep can measure.
const (
	ContextSweep = "context"
	PrefillSweep = "prefill"
)

// RunSweep times decoding against the position, from 0 to the longest context, or prefill
// against its length, from 64 to 4,096 tokens, as far as c.Context or the model goes.
func RunSweep(ctx context.Context, dev gpu.Device, src weights.Source, c Config, of string, progress func(loaded, total int64)) (Sweep, error) {
	if of != ContextSweep && of != PrefillSweep {
		return Sweep{}, fmt.Errorf("measure: no sweep is called %q; %s and %s are", of, ContextSweep, PrefillSweep)
	}
	copyGBs, err := engine.CopyBandwidth(ctx, dev, time.Second/2)
	if err != nil {
		return Sweep{}, err
	}
	raw, err := src.Manifest(ctx)
	if err != nil {
		return Sweep{}, err
	}
	man, err := weights.ParseManifest(raw)
	if err != nil {
		return Sweep{}, err
	}
	longest := man.Config.MaxPositions
	if of == PrefillSweep {
		longest = min(longest, 4096)
	}
	if c.Context > 0 {
		longest = min(longest, c.Context)
	}
	s := Sweep{Of: of, Device: dev.Info().Driver, Adapter: dev.Info().Adapter, Pack: man.Name, Format: man.Format.String(),
		Layers: man.Config.NLayers, CopyGBs: copyGBs}
	tuning, err := s.Tuning.choose(ctx, dev, man, engine.Config{Context: longest, KV: c.KV, Arithmetic: c.Arithmetic}, c.Tune)
	if err != nil {
		return Sweep{}, err
	}
	m, err := mixtral.Load(ctx, dev, src, man, mixtral.Options{Context: longest, KV: c.KV, Tuning: tuning,
		ExpertBudget: c.ExpertBudget, Lazy: c.Lazy, Progress: progress})
	if err != nil {
		return Sweep{}, err
	}
	defer m.Close()
	if err := m.CompileAll(ctx); err != nil {
		return Sweep{}, err
	}
	s.KVFormat = m.Cache().Format()
	if of == ContextSweep {
		err = s.context(ctx, m, longest)
	} else {
		err = s.prefill(ctx, m, longest, c.Runs)
	}
	if err != nil {
		return Sweep{}, err
	}
	s.fit()
	if of == ContextSweep {
		s.KVGBs = float64(mixtral.CacheBytes(man.Config, s.KVFormat, 1)) / s.PerToken / 1e6
	}
	return s, nil
}

// context decodes at positions up to longest. The cache is only said to hold the tokens
// before: time does not depend on what keys and values are.
func (s *Sweep) context(ctx context.Context, m *mixtral.Model, longest int) error {
	const points, steps = 16, 5
	for i := range points + 1 {
		pos := max(0, i*longest/points-steps-1)
		m.Cache().Truncate(0)
		for range pos {
			m.Accept(0)
		}
		if err := m.Begin(sample.Config{}); err != nil {
			return err
		}
		if err := m.PrefillChunk(ctx, []int32{1}); err != nil {
			return err
		}
		step, err := m.SampleFirst()
		if err != nil {
			return err
		}
		if _, err := step.Wait(ctx); err != nil {
			return err
		}
		best := time.Duration(0)
		for n := range steps {
			start := time.Now()
			step, err := m.Decode(ctx, n+1)
			if err != nil {
				return err
			}
			if _, err := step.Wait(ctx); err != nil {
				return err
			}
			if d := time.Since(start); best == 0 || d < best {
				best = d
			}
		}
		s.Points = append(s.Points, Point{pos + steps/2, best.Seconds() * 1000})
	}
	return nil
}

// prefill runs prompts of doubling length.
func (s *Sweep) prefill(ctx context.Context, m *mixtral.Model, longest, runs int) error {
	for n := 64; n <= longest; n *= 2 {
		best := time.Duration(0)
		for range runs {
			m.Cache().Truncate(0)
			start := time.Now()
			if err := m.Prefill(ctx, prompt(n, m.Config.VocabSize)); err != nil {
				return err
			}
			if d := time.Since(start); best == 0 || d < best {
				best = d
			}
		}
		s.Points = append(s.Points, Point{n, best.Seconds() * 1000})
	}
	return nil
}

// fit finds the line by least squares.
func (s *Sweep) fit() {
	var x, y, xx, xy float64
	for _, p := range s.Points {
		t := float64(p.Tokens)
		x, y, xx, xy = x+t, y+p.Ms, xx+t*t, xy+t*p.Ms
	}
	n := float64(len(s.Points))
	if d := n*xx - x*x; d > 0 {
		s.PerToken = (n*xy - x*y) / d
	}
	s.Fixed = (y - s.PerToken*x) / n
}
