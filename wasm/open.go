//go:build js && wasm

package main

import (
	"context"
	"slices"
	"time"

	"github.com/hack-pad/safejs"

	"mixtab/engine"
	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/weights"
	"mixtab/wasm/host"
	"mixtab/wasm/protocol"
	"mixtab/wasm/source"
	"mixtab/wasm/webgpu"
)

// open brings a pack to the GPU: all of it where it is small, else what every token needs,
// and the experts as tokens want them. What the store lacks is downloaded meanwhile, and
// afterwards.
func (s *server) open(ctx context.Context, r protocol.Open) (protocol.Event, error) {
	arithmetic := kernel.Arithmetic(r.Arithmetic)
	if !slices.Contains(kernel.Arithmetics, arithmetic) {
		return nil, badRequest("arithmetic is %q; %q are known", r.Arithmetic, kernel.Arithmetics)
	}
	s.emit(protocol.Progress{Type: "progress", ID: r.ID, Phase: protocol.PhaseDevice})
	dev, pack, err := both(ctx, r.Pack)
	if err != nil {
		return nil, err
	}
	have, err := pack.Open(ctx)
	if err != nil {
		dev.Close()
		return nil, err
	}
	s.dev = dev
	s.pack, s.expertBytes = pack, have.Manifest.ExpertBytes()
	p := progress{s: s, id: r.ID}
	go s.download(pack, have, p.arrived)
	e, err := engine.Open(ctx, dev, pack.On(dev), engine.Config{
		Context: r.Context, Arithmetic: arithmetic, Tunings: tunings{}, Progress: p.loaded,
		ExpertBudget: expertBudget(r.ExpertBudget, s.expertBytes), Lazy: host.Lazy(s.expertBytes),
		Reopen: func(ctx context.Context) (gpu.Device, weights.Source, error) { return s.reopen(ctx, pack) },
	})
	if err != nil {
		s.dev.Close()
		return nil, err
	}
	s.engine = e
	s.dev.KeepKernels()
	if s.dev == dev {
		go s.watch(dev)
	}
	man, info := e.Manifest, dev.Info()
	return protocol.Opened{
		Type: "opened", ID: r.ID, Model: man.Name, Format: man.Format.String(), PackBytes: man.Bytes(),
		Parameters: man.Parameters(), Context: e.Context(), Temperature: man.Generation.Temperature,
		Adapter: info.Adapter, AdapterKind: info.Kind.String(),
		Layers: man.Config.NLayers, Experts: man.Config.NExperts, ExpertsPerToken: man.Config.NExpertsPerTok,
	}, nil
}

// both asks for the GPU and for the pack at once.
func both(ctx context.Context, url string) (*webgpu.Device, *source.Pack, error) {
	store, err := source.Connect()
	if err != nil {
		return nil, nil, err
	}
	pack := store.Pack(url)
	opened := make(chan error, 1)
	go func() {
		_, err := pack.Open(ctx)
		opened <- err
	}()
	dev, err := webgpu.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := <-opened; err != nil {
		dev.Close()
		return nil, nil, err
	}
	return dev, pack, nil
}

// expertBudget fills up what the page left to us.
func expertBudget(asked, expertBytes int64) int64 {
	var memory float64
	if navigator, err := safejs.Global().Get("navigator"); err == nil {
		if gib, err := navigator.Get("deviceMemory"); err == nil && gib.Type() == safejs.TypeNumber {
			memory, _ = gib.Float()
		}
	}
	return host.ExpertBudget(asked, expertBytes, memory)
}

// A progress reports the opening of a pack, at most some twenty times a second. While it
// is downloaded, that is ahead of the device.
type progress struct {
	s    *server
	id   int
	last time.Time

	onDevice, total, come int64
}

// loaded is told the bytes on the device.
func (p *progress) loaded(bytes, total int64) {
	p.onDevice, p.total = bytes, total
	p.report()
}

// arrived is told the bytes that have come from the network.
func (p *progress) arrived(bytes int64) {
	p.come = bytes
	if p.onDevice < p.total {
		p.report()
	}
}

// report tells the page. When all is on the device, what remains is the kernels that are
// still being compiled.
func (p *progress) report() {
	full := p.onDevice == p.total
	if now := time.Now(); full || now.Sub(p.last) > 50*time.Millisecond {
		p.last = now
		if p.s.restoring {
			p.s.emit(protocol.Restoring{Type: "restoring", LoadedBytes: p.onDevice, TotalBytes: p.total})
			return
		}
		loaded := max(p.onDevice, min(p.come, p.total))
		p.s.emit(protocol.Progress{Type: "progress", ID: p.id, Phase: protocol.PhaseWeights, LoadedBytes: loaded, TotalBytes: p.total})
	}
	if full && !p.s.restoring {
		p.s.emit(protocol.Progress{Type: "progress", ID: p.id, Phase: protocol.PhaseKernels, LoadedBytes: p.total, TotalBytes: p.total})
	}
}
