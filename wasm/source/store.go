//go:build js && wasm

package source

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/hack-pad/safejs"

	"mixtab/engine/weights"
)

// Kinds of errors that a host can act on. Their texts are the store's own: one line that
// names the file and the remedy.
var (
	// ErrNetwork is what errors are when a server could not be reached, or broke off.
	ErrNetwork = errors.New("network")
	// ErrStorage is what errors are when the browser gives the pack no room, or not any
	// more.
	ErrStorage = errors.New("storage")
	// ErrFolder is what errors are when a folder of the user's own, which the pack lies in,
	// cannot be read: it is gone, or the browser has to ask the user first.
	ErrFolder = errors.New("folder")
)

// A kindError is an error in its own words that is also of a kind.
type kindError struct {
	text string
	kind error
}

func (e kindError) Error() string        { return e.text }
func (e kindError) Is(target error) bool { return target == e.kind }

// typed gives a rejection of the store the error that the host can act on.
func typed(err error) error {
	var r *Rejection
	if !errors.As(err, &r) {
		return err
	}
	switch r.Kind {
	case "network":
		return kindError{r.Message, ErrNetwork}
	case "missing", "damaged", "empty", "checkpoint", "newer":
		return weights.BadShard("%s", r.Message)
	case "quota", "unavailable", "deleted", "busy":
		return kindError{r.Message, ErrStorage}
	case "away", "locked", "incomplete":
		return kindError{r.Message, ErrFolder}
	case "cancelled":
		return kindError{r.Message, context.Canceled}
	}
	return err
}

// A Store is the browser's: packs in its private file system, and on their way there.
// wasm/store/client.js is the other side, under the same names.
type Store struct{ client safejs.Value }

// Connect starts a store. It ends with the worker that this program runs in.
func Connect() (*Store, error) {
	module, err := safejs.Global().Get("mixtabStore")
	if err != nil {
		return nil, err
	}
	client, err := module.Call("connect")
	if err != nil {
		return nil, fmt.Errorf("the store did not start: %w: reload the page", err)
	}
	return &Store{client}, nil
}

// call waits for what a method of the store promises.
func (s *Store) call(ctx context.Context, method string, args ...any) (safejs.Value, error) {
	promise, err := s.client.Call(method, args...)
	if err != nil {
		return safejs.Value{}, err
	}
	v, err := settled(ctx, promise, nil)
	return v, typed(err)
}

// Measure times reads of the browser's file system by themselves: bytes a second.
func (s *Store) Measure(ctx context.Context) (float64, error) {
	v, err := s.call(ctx, "measure")
	if err != nil {
		return 0, err
	}
	return v.Float()
}

// open gives the pack's manifest and what of it is here. Its Manifest is not parsed yet.
func (s *Store) open(ctx context.Context, pack string) (State, error) {
	v, err := s.call(ctx, "open", pack)
	if err != nil {
		return State{}, err
	}
	manifest, err := v.Get("manifest")
	if err != nil {
		return State{}, err
	}
	raw, err := bytesOf(manifest)
	if err != nil {
		return State{}, err
	}
	stored, err := number(v, "storedBytes")
	if err != nil {
		return State{}, err
	}
	complete, err := truth(v, "complete")
	if err != nil {
		return State{}, err
	}
	persistent, err := truth(v, "persistent")
	return State{StoredBytes: int64(stored), Complete: complete, Persistent: persistent, raw: raw}, err
}

// file is a small file of a pack, which Go itself reads.
func (s *Store) file(ctx context.Context, pack, name, sha string) ([]byte, error) {
	v, err := s.call(ctx, "file", pack, name, sha)
	if err != nil {
		return nil, err
	}
	return bytesOf(v)
}

// read is a stretch of a shard as an ArrayBuffer, which the caller releases.
func (s *Store) read(ctx context.Context, pack, sha string, offset, n int64) (safejs.Value, error) {
	promise, err := s.client.Call("read", pack, sha, offset, n)
	if err != nil {
		return safejs.Value{}, err
	}
	buffer, err := settled(ctx, promise, s.release)
	if err != nil {
		return safejs.Value{}, typed(err)
	}
	if got, err := number(buffer, "byteLength"); err != nil || int64(got) != n {
		s.release(buffer)
		return safejs.Value{}, kindError{fmt.Sprintf("%s%s: the store gave %.0f of %d bytes: remove the pack and download it again",
			pack, weights.ShardPath(sha), got, n), ErrStorage}
	}
	return buffer, nil
}

// release gives a buffer's memory back at once. Go refers to it until its next garbage
// collection, which with so small a heap may be gigabytes of buffers away.
func (s *Store) release(buffer safejs.Value) { s.client.Call("release", buffer) }

// Progress tells how far a download is.
type Progress struct {
	DoneBytes, TotalBytes int64
	BytesPerSecond        float64
	SecondsLeft           float64 // -1 while nobody can tell, which the store tells by 0
	Phase                 string  // "waiting", "downloading", "verifying" or "paused"
}

// download returns when the whole pack is in the store, or nobody fetches it any more.
// onProgress is called inside JavaScript's calls and must not block.
func (s *Store) download(pack string, onProgress func(Progress)) error {
	callback, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		if p, err := progressOf(args[0]); err == nil {
			onProgress(p)
		}
		return nil
	})
	if err != nil {
		return err
	}
	defer callback.Release()
	_, err = s.call(context.Background(), "download", pack, callback)
	return err
}

func progressOf(object safejs.Value) (p Progress, err error) {
	numbers := map[string]float64{}
	for _, name := range []string{"doneBytes", "totalBytes", "bytesPerSecond"} {
		if numbers[name], err = number(object, name); err != nil {
			return p, err
		}
	}
	p.DoneBytes, p.TotalBytes = int64(numbers["doneBytes"]), int64(numbers["totalBytes"])
	p.BytesPerSecond = numbers["bytesPerSecond"]
	if p.SecondsLeft, err = number(object, "secondsLeft"); err != nil || !(p.SecondsLeft > 0 && p.SecondsLeft < math.MaxInt32) {
		p.SecondsLeft = -1
	}
	p.Phase, err = text(object, "phase")
	return p, err
}

// bytesOf copies a Uint8Array into Go's memory.
func bytesOf(array safejs.Value) ([]byte, error) {
	n, err := array.Length()
	if err != nil {
		return nil, err
	}
	raw := make([]byte, n)
	_, err = safejs.CopyBytesToGo(raw, array)
	return raw, err
}
