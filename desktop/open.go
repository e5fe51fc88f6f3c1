package main

import (
	"context"
	"io/fs"
	"os"

	"github.com/pbnjay/memory"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"mixtab/demo"
	"mixtab/desktop/webgpu"
	"mixtab/engine"
	"mixtab/engine/gpu"
	"mixtab/packdir"
)

// open loads a pack, the demo if dir is empty, onto the GPU.
func open(ctx context.Context, dir string, cfg engine.Config) (*engine.Engine, gpu.Device, error) {
	pack, err := openPack(dir, demo.FS())
	if err != nil {
		return nil, nil, err
	}
	dev, err := webgpu.Open(ctx, webgpu.Options{})
	if err != nil {
		return nil, nil, err
	}
	if cfg.ExpertBudget == 0 {
		cfg.ExpertBudget = expertBudget(dev.Info().Kind, pack.Manifest().ExpertBytes(), memory.TotalMemory())
	}
	cfg.Progress, cfg.Tunings = progress(), openTunings()
	e, err := engine.Open(ctx, dev, pack.Source(dev), cfg)
	if err != nil {
		dev.Close()
		return nil, nil, err
	}
	return e, dev, nil
}

func openPack(dir string, otherwise fs.FS) (*packdir.Pack, error) {
	if dir == "" {
		return packdir.OpenFS(otherwise)
	}
	return packdir.Open(dir)
}

// progress draws a bar on a terminal; it stays away where loading is quick.
func progress() func(loaded, total int64) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	var bar *progressbar.ProgressBar
	return func(loaded, total int64) {
		if bar == nil && total > 64<<20 {
			bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowBytes(true),
				progressbar.OptionSetDescription("loading"), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
		}
		if bar != nil {
			bar.Set64(loaded)
		}
	}
}
