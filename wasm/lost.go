//go:build js && wasm

package main

import (
	"context"
	"errors"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/weights"
	"mixtab/wasm/protocol"
	"mixtab/wasm/source"
	"mixtab/wasm/webgpu"
)

// A loss is of a device that is lost.
type loss struct {
	dev *webgpu.Device
	err error
}

// watch has the device replaced when it is lost: by the request that runs, else behind those
// that wait.
func (s *server) watch(dev *webgpu.Device) {
	if err, ok := <-dev.Lost(); ok {
		s.enqueue(job{ctx: context.Background(), loss: &loss{dev, err}})
	}
}

// restore replaces a lost device between two requests. Where there is no other the engine is
// at its end; what else fails, the network say, the next request tries again and tells.
func (s *server) restore(j job) {
	if s.engine == nil {
		return // lost while it was opened, which has failed
	}
	err := s.engine.Restore(j.ctx, j.loss.dev, j.loss.err)
	s.restored()
	if errors.Is(err, gpu.ErrNoWebGPU) || errors.Is(err, gpu.ErrDeviceLost) {
		s.emit(protocol.Failed{Type: "failed", Code: codeOf(err), Message: err.Error()})
	}
}

// A browser whose GPU process has crashed takes a moment to start another.
const (
	reopenTries = 6
	reopenPause = time.Second
)

// reopen opens another device in place of the one that was lost.
func (s *server) reopen(ctx context.Context, pack *source.Pack) (gpu.Device, weights.Source, error) {
	s.restoring = true
	s.emit(protocol.Restoring{Type: "restoring"})
	s.dev.Close()
	for try := 1; ; try++ {
		dev, err := webgpu.Open(ctx)
		if err == nil {
			s.dev = dev
			go s.watch(dev)
			return dev, pack.On(dev), nil
		}
		if try == reopenTries || !errors.Is(err, gpu.ErrNoWebGPU) {
			return nil, nil, err
		}
		select {
		case <-time.After(reopenPause):
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// restored tells the page that what reopen began is over.
func (s *server) restored() {
	if s.restoring {
		s.restoring = false
		s.emit(protocol.Restoring{Type: "restoring", Done: true})
	}
}
