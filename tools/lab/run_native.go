//go:build !js

package main

import (
	"context"
	"flag"
	"os"
	"os/signal"

	"mixtab/tools/cli"
)

func run() error {
	o := define()
	device := flag.String("device", "native", "native (wgpu) or ref (plain Go)")
	if err := o.parse(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dev, err := cli.OpenDevice(ctx, *device)
	if err != nil {
		return err
	}
	defer dev.Close()
	return o.measure(ctx, dev)
}
