//go:build !js

package main

import (
	"context"
	"flag"
	"os"
	"os/signal"

	"mixtab/demo"
	"mixtab/packdir"
	"mixtab/tools/bench/measure"
	"mixtab/tools/cli"
	"mixtab/tools/pack/progress"
)

func run() error {
	o := define()
	device := flag.String("device", "native", "native (wgpu) or ref (plain Go)")
	if err := o.parse(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	pack, err := packdir.OpenFS(demo.FS())
	if o.pack != "" {
		pack, err = packdir.Open(o.pack)
	}
	if err != nil {
		return err
	}
	dev, err := cli.OpenDevice(ctx, *device)
	if err != nil {
		return err
	}
	defer dev.Close()
	bar := progress.New("loading")
	r, err := measure.Run(ctx, dev, pack.Source(dev), o.Config, bar.Set)
	bar.Clear()
	if err != nil {
		return err
	}
	return o.print(r)
}
