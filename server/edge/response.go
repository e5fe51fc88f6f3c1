//go:build js && wasm

package main

import (
	"fmt"
	"io"
	"net/http"

	"github.com/hack-pad/safejs"

	"mixtab/server"
)

// response collects what the handler writes. Nothing is sent before the handler is done,
// so what goes wrong with the bucket can still become the status. The body is short text
// or a manifest, kept here, or a stream of the bucket's.
type response struct {
	header http.Header
	status int
	body   []byte
	stream safejs.Value
}

func (r *response) Header() http.Header { return r.header }

func (r *response) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *response) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	r.body = append(r.body, p...)
	return len(p), nil
}

// ReadFrom is what the handler comes to when it copies a shard's range: the content
// limited to the range's length. The bucket is asked for just that, and its stream is the
// body.
func (r *response) ReadFrom(src io.Reader) (int64, error) {
	limited, ok := src.(*io.LimitedReader)
	if !ok {
		return io.Copy(struct{ io.Writer }{r}, src)
	}
	shard, ok := limited.R.(*span)
	if !ok {
		return io.Copy(struct{ io.Writer }{r}, src)
	}
	stream, err := shard.stream(limited.N)
	if err != nil {
		fmt.Println("edge:", err)
		r.fail(shard.name, err)
		return 0, err
	}
	r.WriteHeader(http.StatusOK)
	r.stream = stream
	return limited.N, nil
}

// fail answers for a shard that the bucket did not give, as the handler does where a
// store says so when a file is opened.
func (r *response) fail(name string, err error) {
	for _, h := range []string{"Content-Range", "ETag", "Accept-Ranges"} {
		r.header.Del(h)
	}
	r.status, r.body = 0, nil
	server.Unreadable(r, name, err)
}
