package measure

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"mixtab/engine/gpu"
	"mixtab/engine/weights"
)

// A LoadResult says how fast experts come from the store to the device, beside the two
// things that bound it.
type LoadResult struct {
	Device      string  `json:"device"`
	Adapter     string  `json:"adapter"`
	Pack        string  `json:"pack"`
	Format      string  `json:"format"`
	ExpertBytes int64   `json:"expert_bytes"`    // of one expert
	Experts     int     `json:"experts"`         // that were loaded in each round
	FirstGBs    float64 `json:"first_load_gb_s"` // the first round: shards are verified
	RawReadGBs  float64 `json:"raw_read_gb_s"`   // of the store, to nowhere
	StagingGBs  float64 `json:"staging_gb_s"`    // of memory to the device
	LoadGBs     float64 `json:"expert_load_gb_s"`
	Share       float64 `json:"share"` // of the smaller of the two before
}

const (
	loadRounds   = 3
	loadBytes    = 2 << 30 // of a round, at most
	loadsAtATime = 4       // as the engine does
)

// Loads moves experts to the device in rounds. rawRead reads the same parts of the pack
// and does nothing with them. The best round of each counts.
func Loads(ctx context.Context, dev gpu.Device, src weights.Source, rawRead func(parts []weights.Part) error) (LoadResult, error) {
	raw, err := src.Manifest(ctx)
	if err != nil {
		return LoadResult{}, err
	}
	man, err := weights.ParseManifest(raw)
	if err != nil {
		return LoadResult{}, err
	}
	r := LoadResult{Device: dev.Info().Driver, Adapter: dev.Info().Adapter, Pack: man.Name, Format: man.Format.String()}
	experts := expertParts(man)
	for _, p := range experts[0] {
		r.ExpertBytes += p.Length
	}
	r.Experts = int(max(1, min(int64(len(experts)), loadBytes/r.ExpertBytes)))
	experts = experts[:r.Experts]
	total := int64(r.Experts) * r.ExpertBytes

	// A buffer for each matrix, as large bindings are not to be had everywhere.
	var slots []gpu.Buffer
	for i, p := range experts[0] {
		b, err := dev.NewBuffer(ctx, fmt.Sprintf("part %d of an expert", i), gpu.Storage, int(p.Length))
		if err != nil {
			return LoadResult{}, err
		}
		defer b.Release()
		slots = append(slots, b)
	}
	// gbs runs f, waits for the device, and says how fast so many bytes were.
	gbs := func(f func() error) (float64, error) {
		start := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		if err := gpu.ReadInto(ctx, dev, slots[0], 0, make([]byte, 4)); err != nil {
			return 0, err
		}
		return float64(total) / 1e9 / time.Since(start).Seconds(), nil
	}
	load := func() error {
		group, inner := errgroup.WithContext(ctx)
		group.SetLimit(loadsAtATime)
		for _, parts := range experts {
			for i, p := range parts {
				group.Go(func() error { return src.Load(inner, p, slots[i], 0) })
			}
		}
		return group.Wait()
	}
	read := func() error {
		for _, parts := range experts {
			if err := rawRead(parts); err != nil {
				return err
			}
		}
		return nil
	}
	var data [][]byte
	for _, p := range experts[0] {
		// Written once: pages that never were are all one, and copy too fast.
		data = append(data, bytes.Repeat([]byte{1}, int(p.Length)))
	}
	stage := func() error {
		for range experts {
			for i := range data {
				if err := dev.Write(slots[i], 0, data[i]); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if r.FirstGBs, err = gbs(load); err != nil {
		return LoadResult{}, err
	}
	for range loadRounds {
		for _, m := range []struct {
			best *float64
			f    func() error
		}{{&r.RawReadGBs, read}, {&r.StagingGBs, stage}, {&r.LoadGBs, load}} {
			x, err := gbs(m.f)
			if err != nil {
				return LoadResult{}, err
			}
			*m.best = max(*m.best, x)
		}
	}
	r.Share = r.LoadGBs / min(r.RawReadGBs, r.StagingGBs)
	return r, nil
}

// expertParts are the parts of each expert.
func expertParts(man *weights.Manifest) [][]weights.Part {
	var all [][]weights.Part
	for l := range man.Config.NLayers {
		for e := range man.Config.NExperts {
			var parts []weights.Part
			for _, name := range weights.ExpertNames {
				t, _ := man.Tensor(weights.Expert(l, e, name)) // ParseManifest has seen it
				parts = append(parts, t.Parts...)
			}
			all = append(all, parts)
		}
	}
	return all
}
