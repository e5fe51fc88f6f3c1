//go:build js && wasm

package main

import (
	"context"
	"runtime"
	"time"

	"mixtab/engine"
	"mixtab/wasm/protocol"
	"mixtab/wasm/source"
	"mixtab/wasm/webgpu"
)

// open brings a pack to the GPU.
func (s *server) open(ctx context.Context, r protocol.Open) (protocol.Event, error) {
	s.emit(protocol.Progress{Type: "progress", ID: r.ID, Phase: protocol.PhaseDevice})
	dev, err := webgpu.Open(ctx)
	if err != nil {
		return nil, err
	}
	pack := source.New(r.Pack, dev)
	pack.Progress = s.progress(r.ID)
	e, err := engine.Open(ctx, dev, pack, engine.Config{Context: r.Context})
	if err != nil {
		dev.Close()
		return nil, err
	}
	s.dev, s.engine = dev, e
	go s.watch(dev)
	man, info := e.Manifest, dev.Info()
	return protocol.Opened{
		Type: "opened", ID: r.ID, Model: man.Name, Format: man.Format.String(), PackBytes: man.Bytes(),
		Parameters: man.Parameters(), Context: e.Context(), Temperature: man.Generation.Temperature,
		Adapter: info.Adapter, AdapterKind: info.Kind.String(),
	}, nil
}

// progress reports bytes to the page, at most some twenty times a second. When all have
// come, what remains is the kernels that are still being compiled.
func (s *server) progress(id int) func(loaded, total int64) {
	var last time.Time
	return func(loaded, total int64) {
		if now := time.Now(); loaded == total || now.Sub(last) > 50*time.Millisecond {
			last = now
			s.emit(protocol.Progress{Type: "progress", ID: id, Phase: protocol.PhaseWeights, LoadedBytes: loaded, TotalBytes: total})
		}
		if loaded == total {
			s.emit(protocol.Progress{Type: "progress", ID: id, Phase: protocol.PhaseKernels, LoadedBytes: loaded, TotalBytes: total})
		}
	}
}

// watch tells the page when the device is lost, whether or not a request runs.
func (s *server) watch(dev *webgpu.Device) {
	if err, ok := <-dev.Lost(); ok {
		s.emit(protocol.Failed{Type: "failed", Code: codeOf(err), Message: err.Error()})
	}
}

func (s *server) stats(r protocol.Stats) (protocol.Event, error) {
	c := s.dev.Counters()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return protocol.Result{Type: "result", ID: r.ID, Tokens: []int32{}, Stats: &protocol.EngineStats{
		Dispatches: c.Dispatches, Submits: c.Submits, HostCalls: c.HostCalls, GPUBytes: c.BytesHeld, GoHeapBytes: mem.Sys,
	}}, nil
}
