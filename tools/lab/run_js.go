package main

import (
	"context"

	"mixtab/wasm/webgpu"
)

// run measures in the browser, where tools/gobrowser has put us.
func run() error {
	o := define()
	if err := o.parse(); err != nil {
		return err
	}
	ctx := context.Background()
	dev, err := webgpu.Open(ctx)
	if err != nil {
		return err
	}
	defer dev.Close()
	return o.measure(ctx, dev)
}
