package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/dustin/go-humanize"

	"mixtab/engine"
	"mixtab/engine/gpu"
	"mixtab/engine/weights"
)

// runPreflight prints what engine.Preflight finds.
func (o *options) runPreflight(ctx context.Context, dev gpu.Device, src weights.Source) error {
	raw, err := src.Manifest(ctx)
	if err != nil {
		return err
	}
	man, err := weights.ParseManifest(raw)
	if err != nil {
		return err
	}
	r, err := engine.Preflight(ctx, dev, src, man, o.ExpertBudget)
	if err != nil {
		return err
	}
	size := func(n int64) string { return humanize.Bytes(uint64(n)) }
	fmt.Printf("%s · %s, %s in the store\n", r.Adapter, man.Name, size(r.StoreBytes))
	if r.Regime == engine.RegimeTooSmall {
		fmt.Printf("the expert budget is too small: the least that works is %s (%d bytes)\n", size(r.SmallestBudget), r.SmallestBudget)
	} else {
		fmt.Printf("needed   %8s on the device: %s for every token, %s of experts, %s of keys and values\n",
			size(r.ResidentBytes+r.ExpertBytes+r.CacheBytes), size(r.ResidentBytes), size(r.ExpertBytes), size(r.CacheBytes))
		fmt.Printf("there is %8s for experts · copy kernel %.2f GB/s · an expert comes at %.2f GB/s, the first time at %.2f\n",
			size(r.GrantedBytes), r.CopyGBs, r.LoadGBs, r.FirstLoadGBs)
		fmt.Printf("expected %8.2f tok/s: %.3f s of computing and %.3f s of waiting a token (%s, %d slots, %.0f %% hits)\n",
			r.TokensPerSec, r.ComputeSeconds, r.WaitSeconds, r.Regime, r.Slots, 100*r.HitRate)
	}
	if !o.asJSON {
		return nil
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}
