//go:build js && wasm

// Package source brings a pack from the browser's store to its GPU. The store
// (wasm/store) downloads, verifies and reads, in a worker of its own; this side decides
// what is moved when, and no byte of weights enters Go's memory.
package source

import (
	"context"

	"github.com/hack-pad/safejs"
	"golang.org/x/sync/errgroup"

	"mixtab/engine/gpu"
	"mixtab/engine/weights"
	"mixtab/wasm/webgpu"
)

// Weights move in chunks, so that the store reads some while others are copied. With
// windows.go's, at most 80 MiB of them are in the page's memory.
const (
	chunkBytes = 8 << 20
	inFlight   = 8
)

// queueBelow is the size below which WebGPU's queue is faster than the staging ring.
const queueBelow = 1 << 20

// A Source is a pack of the store, joined with the device it goes to. Any number of
// goroutines may use it.
type Source struct {
	*Pack
	dev     *webgpu.Device
	slots   chan struct{} // one element for each chunk in flight
	windows windows
}

// On joins the pack with a device.
func (p *Pack) On(dev *webgpu.Device) *Source {
	s := &Source{Pack: p, dev: dev, slots: make(chan struct{}, inFlight)}
	s.windows.release = p.store.release
	s.windows.read = func(ctx context.Context, w window) (safejs.Value, error) {
		return p.store.read(ctx, p.URL, w.shard, w.offset(), w.length(p.shards[w.shard]))
	}
	return s
}

// Load implements weights.Source. Chunks of one part and of several are read and copied
// at once, in any order.
func (s *Source) Load(ctx context.Context, part weights.Part, dst gpu.Buffer, offset int) error {
	if _, err := s.Open(ctx); err != nil {
		return err
	}
	if _, ok := s.shards[part.Shard]; !ok {
		return weights.BadShard("%s%s: is not in the manifest: reload the page", s.URL, weights.ShardPath(part.Shard))
	}
	if w, ok := windowOf(part); ok {
		return s.windows.use(ctx, w, func(bytes safejs.Value) error {
			return s.dev.WriteJS(dst, offset, bytes, int(part.Offset-w.offset()), int(part.Length))
		})
	}
	chunks, ctx := errgroup.WithContext(ctx)
	for at := int64(0); at < part.Length; at += chunkBytes {
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			return errOf(chunks, ctx)
		}
		n := min(chunkBytes, part.Length-at)
		chunks.Go(func() error {
			defer func() { <-s.slots }()
			return s.move(ctx, part.Shard, part.Offset+at, n, dst, offset+int(at))
		})
	}
	return chunks.Wait()
}

// errOf is why a group's context ended: its first error, or its parent's.
func errOf(group *errgroup.Group, ctx context.Context) error {
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// move copies n bytes of a shard, at most chunkBytes. A copy that has begun is not given
// up: what is written to dst afterwards must come behind it.
func (s *Source) move(ctx context.Context, shard string, from, n int64, dst gpu.Buffer, offset int) error {
	bytes, err := s.store.read(ctx, s.URL, shard, from, n)
	if err != nil {
		return err
	}
	defer s.store.release(bytes)
	if err := ctx.Err(); err != nil {
		return err
	}
	if n < queueBelow {
		return s.dev.WriteJS(dst, offset, bytes, 0, int(n))
	}
	return s.dev.UploadJS(context.WithoutCancel(ctx), dst, offset, bytes, 0, int(n))
}
