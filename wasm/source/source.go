//go:build js && wasm

// Package source brings a pack from the network to the browser's GPU. fetch.js does
// the moving; this side decides what is moved when.
package source

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hack-pad/safejs"

	"mixtab/engine/gpu"
	"mixtab/engine/weights"
	"mixtab/wasm/webgpu"
)

// ErrNetwork is what errors are when a server could not be reached, or broke off.
var ErrNetwork = errors.New("network")

// A networkError is an ErrNetwork in its own words.
type networkError struct{ text string }

func (e networkError) Error() string        { return e.text }
func (e networkError) Is(target error) bool { return target == ErrNetwork }

// ahead is how many shards are on their way behind the one being moved to the GPU.
// With it, at most three shards of 64 MiB are in the page's memory.
const ahead = 2

// A Fetch is a weights.Source over HTTP.
type Fetch struct {
	// Progress is told the bytes of shards that have come, of all.
	Progress func(loaded, total int64)

	base  string // URL with a slash at its end
	dev   *webgpu.Device
	order []weights.Shard // as they will be asked for
	left  map[string]int  // by shard: parts that are still to be loaded
	come  map[string]*shard

	tokenizer     weights.Tokenizer
	loaded, total int64
}

// A shard is on its way, or here.
type shard struct {
	ready chan struct{} // closed when bytes or err is set
	bytes safejs.Value  // an ArrayBuffer
	err   error
}

// New returns a source of the pack in the folder at base, for a device.
func New(base string, dev *webgpu.Device) *Fetch {
	return &Fetch{base: base, dev: dev, left: map[string]int{}, come: map[string]*shard{}}
}

func (f *Fetch) Manifest(ctx context.Context) ([]byte, error) {
	raw, err := f.small(ctx, weights.ManifestPath, "")
	if err != nil {
		return nil, err
	}
	man, err := weights.ParseManifest(raw)
	if err != nil {
		return nil, fmt.Errorf("%s%s: %w", f.base, weights.ManifestPath, err)
	}
	f.tokenizer = man.Tokenizer
	f.order, f.total = inOrder(man), man.Bytes()
	for i := range man.Tensors {
		for _, p := range man.Tensors[i].Parts {
			f.left[p.Shard]++
		}
	}
	f.prefetch(ctx, 0) // while the engine prepares
	return raw, nil
}

// inOrder sorts the shards by their first part in the manifest's order of tensors,
// which is that of loading.
func inOrder(man *weights.Manifest) []weights.Shard {
	first := map[string]int{}
	for i := range man.Tensors {
		for _, p := range man.Tensors[i].Parts {
			if _, seen := first[p.Shard]; !seen {
				first[p.Shard] = len(first)
			}
		}
	}
	order := slices.Clone(man.Shards)
	slices.SortStableFunc(order, func(a, b weights.Shard) int { return first[a.SHA256] - first[b.SHA256] })
	return order
}

func (f *Fetch) Tokenizer(ctx context.Context) ([]byte, error) {
	if f.tokenizer.File == "" {
		return nil, nil
	}
	return f.small(ctx, f.tokenizer.File, f.tokenizer.SHA256)
}

// small fetches a file that Go itself reads. Its SHA-256 is "" where it is not known.
func (f *Fetch) small(ctx context.Context, name, sha string) ([]byte, error) {
	promise, err := call("fetchFile", f.base+name, sha)
	if err != nil {
		return nil, err
	}
	array, err := settled(ctx, promise)
	if err != nil {
		return nil, typed(err)
	}
	length, err := array.Length()
	if err != nil {
		return nil, err
	}
	raw := make([]byte, length)
	_, err = safejs.CopyBytesToGo(raw, array)
	return raw, err
}

func (f *Fetch) Load(ctx context.Context, part weights.Part, dst gpu.Buffer, offset int) error {
	at := slices.IndexFunc(f.order, func(s weights.Shard) bool { return s.SHA256 == part.Shard })
	if at < 0 {
		return weights.BadShard("%s%s: is not in the manifest", f.base, weights.ShardPath(part.Shard))
	}
	f.prefetch(ctx, at)
	s := f.come[part.Shard]
	select {
	case <-s.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.err != nil {
		return s.err
	}
	if err := f.move(ctx, part, s.bytes, dst, offset); err != nil {
		return err
	}
	if f.left[part.Shard]--; f.left[part.Shard] == 0 {
		_, err := call("release", s.bytes)
		return err
	}
	return nil
}

// uploadFrom is the size from which the staging ring is faster than WebGPU's queue.
const uploadFrom = 1 << 20

func (f *Fetch) move(ctx context.Context, part weights.Part, bytes safejs.Value, dst gpu.Buffer, offset int) error {
	if part.Length < uploadFrom {
		return f.dev.WriteJS(dst, offset, bytes, int(part.Offset), int(part.Length))
	}
	return f.dev.UploadJS(ctx, dst, offset, bytes, int(part.Offset), int(part.Length))
}

// prefetch makes sure that the shard at a place of the order and those behind it are
// on their way.
func (f *Fetch) prefetch(ctx context.Context, at int) {
	for _, s := range f.order[at:min(at+1+ahead, len(f.order))] {
		if f.come[s.SHA256] == nil {
			f.come[s.SHA256] = &shard{ready: make(chan struct{})}
			go f.fetch(ctx, s)
		}
	}
}

func (f *Fetch) fetch(ctx context.Context, s weights.Shard) {
	to := f.come[s.SHA256]
	defer close(to.ready)
	onBytes, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		n, _ := args[0].Int()
		f.loaded += int64(n)
		if f.Progress != nil {
			f.Progress(f.loaded, f.total)
		}
		return nil
	})
	if err != nil {
		to.err = err
		return
	}
	promise, err := call("fetchShard", f.base+weights.ShardPath(s.SHA256), s.SHA256, s.Bytes, onBytes)
	if err == nil {
		to.bytes, err = settled(ctx, promise)
	}
	if ctx.Err() == nil {
		onBytes.Release() // else the download, which nobody stops, still calls it
	}
	to.err = typed(err)
}

// call invokes a function of fetch.js.
func call(name string, args ...any) (safejs.Value, error) {
	helpers, err := safejs.Global().Get("mixtabFetch")
	if err != nil {
		return safejs.Value{}, err
	}
	return helpers.Call(name, args...)
}

// typed gives a rejection of fetch.js the error that the host can act on.
func typed(err error) error {
	var r *Rejection
	if !errors.As(err, &r) {
		return err
	}
	switch r.Kind {
	case "network":
		return networkError{r.Message + ": check the connection and try again"}
	case "missing":
		return weights.BadShard("%s: the pack is not there, or not all of it: check its address, or copy it there again", r.Message)
	case "damaged":
		return weights.BadShard("%s: the server's copy is damaged: copy the pack there again", r.Message)
	}
	return err
}
