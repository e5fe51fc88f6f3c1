package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

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
	gb := func(n int64) float64 { return float64(n) / 1e9 }
	fmt.Printf("%s · %s, %.1f GB in the store\n", r.Adapter, man.Name, gb(r.StoreBytes))
	fmt.Printf("needed   %8.2f GB on the device: %.2f for every token, %.2f of experts, %.2f of keys and values\n",
		gb(r.ResidentBytes+r.ExpertBytes+r.CacheBytes), gb(r.ResidentBytes), gb(r.ExpertBytes), gb(r.CacheBytes))
	if r.Regime == engine.RegimeTooSmall {
		fmt.Printf("the expert budget is too small: the least that works is %.2f GB\n", gb(r.SmallestBudget))
	} else {
		fmt.Printf("there is %8.2f GB for experts · copy kernel %.2f GB/s · an expert comes at %.2f GB/s, the first time at %.2f\n",
			gb(r.GrantedBytes), r.CopyGBs, r.LoadGBs, r.FirstLoadGBs)
		fmt.Printf("expected %8.2f tok/s: %.3f s of computing and %.3f s of waiting a token (%s, %d slots, %.0f %% hits)\n",
			r.TokensPerSec, r.ComputeSeconds, r.WaitSeconds, r.Regime, r.Slots, 100*r.HitRate)
	}
	if !o.asJSON {
		return nil
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}
