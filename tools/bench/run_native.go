//go:build !js

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"mixtab/demo"
	"mixtab/desktop/webgpu"
	"mixtab/engine/gpu"
	"mixtab/engine/ref"
	"mixtab/packdir"
	"mixtab/tools/bench/measure"
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
	dev, err := open(ctx, *device)
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

func open(ctx context.Context, device string) (gpu.Device, error) {
	switch device {
	case "ref":
		return ref.New(), nil
	case "native":
		return webgpu.Open(ctx, webgpu.Options{})
	}
	return nil, fmt.Errorf("-device: unknown device %q; native and ref are supported", device)
}
