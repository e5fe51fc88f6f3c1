//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/hack-pad/safejs"
	"github.com/syumai/workers/cloudflare"

	"mixtab/engine/weights"
	"mixtab/server"
)

// A bucket is the store of one pack: a folder in an R2 bucket. It talks to the binding
// itself, as the library's r2 package knows no ranges.
type bucket struct {
	folder string            // with a slash at its end
	tags   map[string]string // of the small files, by name, as they were read last
}

// r2 is the binding, as the request that came last has it.
func r2() safejs.Value { return safejs.Safe(cloudflare.GetBinding("BUCKET")) }

// absent is the tag of a file that is not there.
const absent = "absent"

// smallLimit bounds what is read whole: an isolate has 128 MB in all.
const smallLimit = 32 << 20

// Open reads a small file whole, by one operation.
func (b *bucket) Open(_ context.Context, name string) (*server.Object, error) {
	delete(b.tags, name)
	object, size, err := b.ask("get", name)
	if errors.Is(err, fs.ErrNotExist) {
		b.tags[name] = absent
	}
	if err != nil {
		return nil, err
	}
	if size > smallLimit {
		cancel(object)
		return nil, fmt.Errorf("%s has %d bytes, more than a Worker can keep (%d)", name, size, smallLimit)
	}
	tag, err := text(object, "etag")
	if err != nil {
		return nil, err
	}
	promise, err := object.Call("arrayBuffer")
	if err != nil {
		return nil, err
	}
	buffer, err := await(promise)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	data, err := bytesOf(buffer)
	if err != nil {
		return nil, err
	}
	b.tags[name] = tag
	return server.InMemory(data), nil
}

// OpenSized opens a shard without asking the bucket for anything: its size is known. The
// bucket is asked when it is known which bytes to send.
func (b *bucket) OpenSized(name string, size int64) *server.Object {
	return &server.Object{Size: size, Content: &span{bucket: b, name: name, size: size}}
}

// Look asks whether a shard is there, by one operation.
func (b *bucket) Look(_ context.Context, name string, size int64) error {
	_, total, err := b.ask("head", name)
	if err == nil {
		err = sameSize(name, total, size)
	}
	if err != nil {
		fmt.Println("edge:", err)
	}
	return err
}

// sameSize refuses a shard of another size than the manifest's. Whatever leaves under a
// shard's name is kept for ever, so another file must not.
func sameSize(name string, got, want int64) error {
	if got != want {
		return fmt.Errorf("%s has %d bytes instead of %d: publish the pack again", name, got, want)
	}
	return nil
}

// ask has the bucket get an object, whose body has then to be read or cancelled, or just
// tell of it (head). size is that of all of it, where options name a range.
func (b *bucket) ask(operation, name string, options ...any) (object safejs.Value, size int64, err error) {
	promise, err := r2().Call(operation, append([]any{b.folder + name}, options...)...)
	if err != nil {
		return object, 0, err
	}
	if object, err = await(promise); err != nil {
		return object, 0, fmt.Errorf("the bucket: %s: %w", b.folder+name, err)
	}
	if object.IsNull() {
		return object, 0, &fs.PathError{Op: operation, Path: b.folder + name, Err: fs.ErrNotExist}
	}
	total, err := property(object, "size")
	if err != nil {
		return object, 0, err
	}
	n, err := total.Float()
	return object, int64(n), err
}

// cancel gives up the body of an object, which would keep a connection to the bucket.
func cancel(object safejs.Value) {
	if body, err := object.Get("body"); err == nil {
		body.Call("cancel")
	}
}

// span is the content of a shard. The handler seeks in it and copies from it,
// which the ResponseWriter does without reading (response.go).
type span struct {
	bucket *bucket
	name   string
	size   int64
	offset int64
}

func (s *span) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.offset
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return 0, errors.New("seek to before the start of " + s.name)
	}
	s.offset = offset
	return offset, nil
}

// Read would bring a shard's bytes into Go, at a twentieth of the rate.
func (s *span) Read([]byte) (int, error) {
	return 0, errors.New(s.name + " can only be sent")
}

func (s *span) Close() error { return nil }

// stream is a JavaScript stream of the next n bytes.
func (s *span) stream(n int64) (safejs.Value, error) {
	object, size, err := s.bucket.ask("get", s.name, map[string]any{
		"range": map[string]any{"offset": float64(s.offset), "length": float64(n)},
	})
	if err != nil {
		return safejs.Value{}, err
	}
	if err := sameSize(s.name, size, s.size); err != nil {
		cancel(object)
		return safejs.Value{}, err
	}
	s.offset += n
	return object.Get("body")
}

// changed says whether the pack's manifest or torrent are others than were read, at the
// price of two operations that read nothing.
func (b *bucket) changed() (bool, error) {
	for _, name := range []string{weights.ManifestPath, weights.TorrentPath} {
		tag := absent
		object, _, err := b.ask("head", name)
		if err == nil {
			tag, err = text(object, "etag")
		} else if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		if err != nil || tag != b.tags[name] {
			return true, err
		}
	}
	return false, nil
}
