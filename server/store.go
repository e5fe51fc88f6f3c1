package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// A Store holds files by name (io/fs names: slash-separated, no ".."): a folder, the
// built-in demo, a bucket.
type Store interface {
	// Open opens a file. One that is not there is fs.ErrNotExist.
	Open(ctx context.Context, name string) (*Object, error)
}

// An Object is an open file. The ResponseWriter is handed Content in an
// io.LimitedReader: an *os.File there makes the kernel copy (sendfile), and a writer that
// recognises a Content of its own kind can hand on the stream behind it.
type Object struct {
	Size    int64
	Content io.ReadSeekCloser
}

// InMemory is an object that has been read as a whole.
func InMemory(data []byte) *Object { return &Object{int64(len(data)), memory{bytes.NewReader(data)}} }

type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// A Sizer is a Store that tells the size of a file at next to no cost, as a folder does.
// [New] asks it for every shard of a pack, so that a shard that is missing or cut short
// is an error at the start. A bucket, where that would be a request for each shard at
// every start, is no Sizer, and tells when a shard is asked for.
type Sizer interface {
	// Size fails as Open does.
	Size(ctx context.Context, name string) (int64, error)
}

// A Trusting store opens a file whose size is known from the manifest without looking for
// it first, which saves a request to a bucket for each one to a shard. A file that is not
// there, or has another size, is found out when its content is sent. Such a store's
// tokenizer, too, is read when it is asked for, and not when the pack is opened.
type Trusting interface {
	OpenSized(name string, size int64) *Object

	// Look fails where OpenSized's content would, for an answer without content.
	Look(ctx context.Context, name string, size int64) error
}

// Files is the store of a file system. It is a [Sizer].
func Files(fsys fs.FS) Store { return files{fsys} }

type files struct{ fsys fs.FS }

func (f files) Open(ctx context.Context, name string) (*Object, error) {
	// By its name first: to open a pipe would wait for whoever writes to it.
	if _, err := f.Size(ctx, name); err != nil {
		return nil, err
	}
	file, err := f.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	size, err := plainSize(name, file.Stat)
	if err != nil {
		file.Close()
		return nil, err
	}
	// Files of os.Root and embed can seek; what cannot is read as a whole.
	if content, ok := file.(io.ReadSeekCloser); ok {
		return &Object{size, content}, nil
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	return InMemory(data), nil
}

func (f files) Size(_ context.Context, name string) (int64, error) {
	return plainSize(name, func() (fs.FileInfo, error) { return fs.Stat(f.fsys, name) })
}

// plainSize is the size of what has to be a plain file.
func plainSize(name string, stat func() (fs.FileInfo, error)) (int64, error) {
	info, err := stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errNoFile}
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

var errNoFile = errors.New("is a folder or a device, not a file")

// readFile reads a file of at most limit bytes whole.
func readFile(ctx context.Context, store Store, name string, limit int64) ([]byte, error) {
	object, err := store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer object.Content.Close()
	if object.Size > limit {
		return nil, fmt.Errorf("%s has %d bytes, more than any that mixtab writes (%d)", name, object.Size, limit)
	}
	data := make([]byte, object.Size)
	if _, err := io.ReadFull(object.Content, data); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}
