package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"mixtab/demo"
	"mixtab/desktop/webgpu"
	"mixtab/engine/mixtral"
	"mixtab/engine/sample"
	"mixtab/engine/weights"
	"mixtab/packdir"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	ctx := context.Background()
	dev := must(webgpu.Open(ctx, webgpu.Options{}))
	var pack *packdir.Pack
	if len(os.Args) > 1 {
		pack = must(packdir.Open(os.Args[1]))
	} else {
		pack = must(packdir.OpenFS(demo.FS()))
	}
	src := pack.Source(dev)
	man := must(weights.ParseManifest(must(src.Manifest(ctx))))
	m := must(mixtral.Load(ctx, dev, src, man, mixtral.Options{Context: 512}))
	start := time.Now()
	fmt.Println(m.PrepareDrafts(ctx))
	fmt.Println("prepared in", time.Since(start))
	prompt := make([]int32, 64)
	for i := range prompt {
		prompt[i] = int32(3 + i*37%man.Config.VocabSize)
	}
	rounds := 7
	times := make([][]time.Duration, mixtral.MaxDraft+2)
	for range rounds {
		m.Cache().Truncate(0)
		m.Begin(sample.Config{})
		if err := m.Prefill(ctx, prompt); err != nil {
			panic(err)
		}
		s := must(m.SampleFirst())
		must(s.Wait(ctx))
		step := 1
		for k := 0; k <= mixtral.MaxDraft; k++ {
			draft := prompt[:k]
			start := time.Now()
			if k == 0 {
				s := must(m.Decode(ctx, step))
				must(s.Wait(ctx))
				step++
			} else {
				step += len(must(m.DecodeDraft(ctx, step, draft)))
			}
			times[k] = append(times[k], time.Since(start))
		}
	}
	base := 0.0
	for k, t := range times[:mixtral.MaxDraft+1] {
		slices.Sort(t)
		ms := t[len(t)/2].Seconds() * 1e3
		if k == 0 {
			base = ms
		}
		fmt.Printf("k=%d: %.1f ms median, %.1f best, %.2f steps\n", k, ms, t[0].Seconds()*1e3, ms/base)
	}
}
