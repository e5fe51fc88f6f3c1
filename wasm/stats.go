//go:build js && wasm

package main

import (
	"context"
	"runtime"

	"mixtab/wasm/protocol"
)

func (s *server) stats(id int) (protocol.Event, error) {
	c := s.dev.Counters()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return protocol.Result{Type: "result", ID: id, Tokens: []int32{}, Stats: &protocol.EngineStats{
		Dispatches: c.Dispatches, Submits: c.Submits, HostCalls: c.HostCalls, GPUBytes: c.BytesHeld, GoHeapBytes: mem.Sys,
		Experts: s.experts(),
	}}, nil
}

func (s *server) experts() protocol.ExpertStats {
	x := s.engine.ExpertStats()
	hits := 1.0
	if x.Uses > 0 {
		hits = 1 - float64(x.Loads)/float64(x.Uses)
	}
	return protocol.ExpertStats{
		BudgetBytes: x.BudgetBytes, TotalBytes: s.expertBytes, Slots: x.Slots, Resident: x.Resident, SharedPool: x.SharedPool,
		Uses: x.Uses, Loads: x.Loads, HitRate: hits, LoadedBytes: x.LoadedBytes, WaitMs: milliseconds(x.Wait),
	}
}

// setExpertBudget answers with the figures of the new budget.
func (s *server) setExpertBudget(ctx context.Context, r protocol.SetExpertBudget) (protocol.Event, error) {
	if r.Bytes < 0 {
		return nil, badRequest("bytes is %d; it must be at least 0", r.Bytes)
	}
	if err := s.engine.SetExpertBudget(ctx, expertBudget(r.Bytes, s.expertBytes)); err != nil {
		return nil, err
	}
	return s.stats(r.ID)
}
