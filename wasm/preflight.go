//go:build js && wasm

package main

import (
	"context"

	"mixtab/engine"
	"mixtab/wasm/protocol"
)

// preflight measures on a device of its own, so that it disturbs no open pack.
func (s *server) preflight(ctx context.Context, r protocol.Preflight) (protocol.Event, error) {
	if r.ExpertBudget < 0 {
		return nil, badRequest("expertBudget is %d; it must be at least 0", r.ExpertBudget)
	}
	dev, pack, err := both(ctx, r.Pack)
	if err != nil {
		return nil, err
	}
	defer dev.Close()
	have, err := pack.Open(ctx)
	if err != nil {
		return nil, err
	}
	before, err := pack.Room(ctx)
	if err != nil {
		return nil, err
	}
	man := have.Manifest
	x, err := engine.Preflight(ctx, dev, pack.On(dev), man, expertBudget(r.ExpertBudget, man.ExpertBytes()))
	if err != nil {
		return nil, err
	}
	room, err := pack.Room(ctx) // what was loaded has been kept
	if err != nil {
		return nil, err
	}
	return protocol.Report{
		Type: "report", ID: r.ID, Adapter: x.Adapter,
		StoreBytes: x.StoreBytes, ResidentBytes: x.ResidentBytes, CacheBytes: x.CacheBytes, ExpertBytes: x.ExpertBytes,
		StoredBytes: man.Bytes() - before.NeededBytes, NeededBytes: room.NeededBytes,
		Quota: room.Quota, Usage: room.Usage, Persisted: room.Persisted,
		GrantedBytes: x.GrantedBytes, CopyGBPerS: x.CopyGBs, LoadGBPerS: x.LoadGBs, FirstLoadGBPerS: x.FirstLoadGBs,
		FirstLoadFromNetwork: !have.Persistent || room.NeededBytes < before.NeededBytes,
		Regime:               protocol.Regime(x.Regime), Slots: x.Slots, SmallestBudgetBytes: x.SmallestBudget,
		ComputeSecondsPerToken: x.ComputeSeconds, WaitSecondsPerToken: x.WaitSeconds, HitRate: x.HitRate, TokensPerSecond: x.TokensPerSec,
	}, nil
}
