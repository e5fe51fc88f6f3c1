//go:build !js

package main

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"strings"

	"mixtab/demo"
	"mixtab/packdir"
	"mixtab/tools/bench/measure"
	"mixtab/tools/cli"
	"mixtab/tools/pack/progress"
)

func run() error {
	o := define()
	device := flag.String("device", "native", "native (wgpu) or ref (plain Go)")
	traces := flag.String("trace", "", "replay these routing traces, `files` separated by commas, by every eviction policy; needs no pack")
	if err := o.parse(); err != nil {
		return err
	}
	if *traces != "" {
		return replayTraces(strings.Split(*traces, ","), o.asJSON)
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
