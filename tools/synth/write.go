package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"mixtab/engine/weights"
	"mixtab/packdir"
)

// A recipe is what a pack's bytes depend on, besides its plan.
type recipe struct {
	seed        uint64
	zipf, reuse float64 // how routers choose; see routing
}

func (r recipe) String() string {
	if r.zipf == 0 && r.reuse == 0 {
		return fmt.Sprintf("seed %d", r.seed)
	}
	return fmt.Sprintf("seed %d, skew %v, reuse %v", r.seed, r.zipf, r.reuse)
}

// write makes the pack, a shard at a time and on several cores.
func write(ctx context.Context, out string, plan *weights.Plan, r recipe, progress func(done, total int64)) (*weights.Manifest, int, error) {
	routing, err := newRouting(plan.Config, r.zipf, r.reuse, r.seed)
	if err != nil {
		return nil, 0, err
	}
	model := tokenizerModel(plan.Config.VocabSize)
	manifest := func(names []string) *weights.Manifest {
		m := plan.Manifest(names)
		m.Name = fmt.Sprintf("synthetic Mixtral, %d layers, %v", plan.Config.NLayers, r)
		m.Source, m.Licence = "mixtab synth", "CC0-1.0"
		m.Generation = weights.Generation{Temperature: 0.7, TopP: 1}
		if model != nil {
			sum := sha256.Sum256(model)
			m.Tokenizer = weights.Tokenizer{Kind: weights.KindSentencePiece, File: "tokenizer.model",
				SHA256: hex.EncodeToString(sum[:]), VocabSize: plan.Config.VocabSize}
		}
		return m
	}
	identity := fmt.Sprint("synth 1 ", plan.Config, plan.Format, plan.HeadFormat, r)
	w, err := packdir.Create(out, identity, func(m *weights.Manifest) bool {
		want := manifest(make([]string, len(plan.Shards)))
		return m.Name == want.Name && m.Format == want.Format && m.HeadFormat == want.HeadFormat && fmt.Sprint(m.Config) == fmt.Sprint(want.Config)
	})
	if err != nil {
		return nil, 0, err
	}
	defer w.Close()

	names := make([]string, len(plan.Shards))
	var next, done atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range min(runtime.GOMAXPROCS(0), 4) { // each has a shard of up to 64 MiB in hand
		g.Go(func() error {
			var buf []byte
			for {
				i := int(next.Add(1)) - 1
				if i >= len(names) {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				size := plan.Shards[i].Bytes
				name, ok := w.Done(ctx, i, size)
				if !ok {
					if int64(cap(buf)) < size {
						buf = make([]byte, size)
					}
					buf = buf[:size]
					fillShard(buf, plan, i, r.seed, routing)
					var err error
					if name, err = w.Put(i, buf); err != nil {
						return err
					}
				}
				names[i] = name
				progress(done.Add(size), plan.Bytes())
			}
		})
	}
	if err := g.Wait(); err != nil {
		return nil, 0, err
	}
	m := manifest(names)
	return m, w.Reused(), w.Finish(m, model)
}
