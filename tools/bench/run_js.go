package main

import (
	"context"
	"os"
	"strings"

	"mixtab/tools/bench/measure"
	"mixtab/wasm/source"
	"mixtab/wasm/webgpu"
)

// run measures in the browser, where tools/gobrowser has put us.
func run() error {
	o := define()
	if err := o.parse(); err != nil {
		return err
	}
	if o.pack == "" {
		o.pack = "/module/demo/pack"
	}
	ctx := context.Background()
	dev, err := webgpu.Open(ctx)
	if err != nil {
		return err
	}
	defer dev.Close()
	store, err := source.Connect()
	if err != nil {
		return err
	}
	if strings.HasPrefix(o.pack, "/") {
		o.pack = os.Getenv("MIXTAB_ORIGIN") + o.pack // gobrowser's
	}
	pack := store.Pack(strings.TrimSuffix(o.pack, "/") + "/")
	if o.preflight {
		return o.runPreflight(ctx, dev, pack.On(dev))
	}
	if o.sweep != "" {
		return o.runSweep(ctx, dev, pack.On(dev), nil)
	}
	r, err := measure.Run(ctx, dev, pack.On(dev), o.Config, nil)
	if err != nil {
		return err
	}
	return o.print(r)
}
