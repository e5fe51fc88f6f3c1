//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/hack-pad/safejs"

	"mixtab/engine/weights"
	"mixtab/server"
)

// A bucket is the store of one pack: a folder in an R2 bucket. It talks to the binding
// itself, as the library's r2 package knows no ranges.
type bucket struct {
	r2     safejs.Value
	folder string // "" or with a slash at its end
}

// smallLimit bounds what is read whole: an isolate has 128 MB in all.
const smallLimit = 32 << 20

// Open reads a small file whole, by one operation.
func (b *bucket) Open(_ context.Context, name string) (*server.Object, error) {
	object, size, err := b.get(name, nil)
	if err != nil {
		return nil, err
	}
	if size > smallLimit {
		cancel(object)
		return nil, fmt.Errorf("%s has %d bytes, more than a Worker can keep (%d)", name, size, smallLimit)
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
	return server.InMemory(data), nil
}

// OpenSized opens a shard without asking the bucket for anything: its size is known. The
// bucket is asked when it is known which bytes to send.
func (b *bucket) OpenSized(name string, size int64) *server.Object {
	return &server.Object{Size: size, Content: &span{bucket: b, name: name, size: size}}
}

// get asks for an object, or for a range of it, and tells the size of all of it. Its body
// has to be read or cancelled.
func (b *bucket) get(name string, options map[string]any) (object safejs.Value, size int64, err error) {
	promise, err := b.r2.Call("get", b.folder+name, options)
	if err != nil {
		return object, 0, err
	}
	if object, err = await(promise); err != nil {
		return object, 0, fmt.Errorf("the bucket: %s: %w", b.folder+name, err)
	}
	if object.IsNull() {
		return object, 0, &fs.PathError{Op: "get", Path: b.folder + name, Err: fs.ErrNotExist}
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
	object, size, err := s.bucket.get(s.name, map[string]any{
		"range": map[string]any{"offset": float64(s.offset), "length": float64(n)},
	})
	if err != nil {
		return safejs.Value{}, err
	}
	// Whatever leaves under a shard's name is kept for ever, so another file must not.
	if size != s.size {
		cancel(object)
		return safejs.Value{}, fmt.Errorf("%s has %d bytes instead of %d: publish the pack again", s.name, size, s.size)
	}
	s.offset += n
	return object.Get("body")
}

// print tells one state of the pack's manifest and torrent from another, at the price of
// two operations that read nothing.
func (b *bucket) print() (string, error) {
	tags := ""
	for _, name := range []string{weights.ManifestPath, weights.TorrentPath} {
		promise, err := b.r2.Call("head", b.folder+name)
		if err != nil {
			return "", err
		}
		object, err := await(promise)
		if err != nil {
			return "", fmt.Errorf("the bucket: %s: %w", b.folder+name, err)
		}
		tag := "none"
		if !object.IsNull() {
			if tag, err = text(object, "etag"); err != nil {
				return "", err
			}
		}
		tags += tag + " "
	}
	return tags, nil
}
