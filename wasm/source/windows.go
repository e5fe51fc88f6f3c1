//go:build js && wasm

package source

import (
	"context"
	"slices"
	"sync"

	"github.com/hack-pad/safejs"

	"mixtab/engine/weights"
)

// Parts of a few kilobytes would cost a round trip to the store's worker each. They come
// out of windows instead, aligned stretches of a shard that are read once and kept while
// the parts around are likely to be next.
const (
	windowBytes = 4 << 20
	windowsKept = 4
)

// A window is the stretch of a shard that begins at index·windowBytes.
type window struct {
	shard string
	index int64
}

// windowOf is the window that a part lies in. Large parts, and those across a boundary,
// have none.
func windowOf(p weights.Part) (window, bool) {
	first, last := p.Offset/windowBytes, (p.Offset+p.Length-1)/windowBytes
	return window{p.Shard, first}, p.Length < queueBelow && first == last
}

func (w window) offset() int64 { return w.index * windowBytes }

// length is that of the window in a shard of so many bytes.
func (w window) length(shard int64) int64 { return min(windowBytes, shard-w.offset()) }

// windows are those read last. Go on js/wasm runs one goroutine at a time, but the
// collector may switch at any call of a function, one that grows a map included.
type windows struct {
	read    func(context.Context, window) (safejs.Value, error)
	release func(safejs.Value)

	mu    sync.Mutex
	open  map[window]*reading
	order []window // as they were first asked for
}

// A reading is a window that is here or on its way.
type reading struct {
	ready chan struct{} // closed when bytes or err is set
	bytes safejs.Value
	err   error
	users int
}

// use calls f with a window's bytes, which are f's until it returns; f must not wait.
func (ws *windows) use(ctx context.Context, w window, f func(safejs.Value) error) error {
	r := ws.join(w)
	defer ws.leave(r)
	select {
	case <-r.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	if r.err != nil {
		return r.err
	}
	return f(r.bytes)
}

// join counts a user more of a window, whose read begins with the first.
func (ws *windows) join(w window) *reading {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	r := ws.open[w]
	if r == nil {
		r = ws.begin(w)
	}
	r.users++
	return r
}

func (ws *windows) leave(r *reading) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	r.users--
	ws.trim()
}

// begin starts a read, which belongs to all who will wait for it and not to the first of
// them. One that fails is forgotten, so that the next to ask tries again.
// ws.mu is held, as by forget and trim.
func (ws *windows) begin(w window) *reading {
	r := &reading{ready: make(chan struct{})}
	if ws.open == nil {
		ws.open = map[window]*reading{}
	}
	ws.open[w] = r
	ws.order = append(ws.order, w)
	go func() {
		r.bytes, r.err = ws.read(context.Background(), w)
		ws.mu.Lock()
		defer ws.mu.Unlock()
		if r.err != nil {
			ws.forget(w)
		}
		close(r.ready)
		ws.trim()
	}()
	return r
}

func (ws *windows) forget(w window) {
	delete(ws.open, w)
	ws.order = slices.DeleteFunc(ws.order, func(o window) bool { return o == w })
}

// trim releases the oldest windows that nobody uses.
func (ws *windows) trim() {
	for _, w := range slices.Clone(ws.order) {
		if len(ws.order) <= windowsKept {
			return
		}
		r := ws.open[w]
		select {
		case <-r.ready:
		default:
			continue
		}
		if r.users == 0 {
			ws.forget(w)
			ws.release(r.bytes)
		}
	}
}
