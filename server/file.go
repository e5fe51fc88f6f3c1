package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
)

// What browsers and caches may do with a file: one whose name is its hash can be kept for
// ever; all else has a name that another version of it would have too.
const (
	Immutable  = "public, max-age=31536000, immutable"
	Revalidate = "no-cache" // keep it, but ask each time whether it is still the same
)

// A file is what a name stands for, plain and in the codings that there are of it.
type file struct {
	plain *variant
	coded [len(codings)]*variant // nil where there is none
}

// A variant is a file in one coding. Each has an ETag of its own, as a cache must not
// join the start of one to the end of another. What its answers say is made once: to make
// it for each of them is what a small file costs most.
type variant struct {
	etag  string // with its quotes
	size  int64
	data  []byte // nil where it is read from a store
	name  string // there
	kept  fields // what an answer without the bytes says, too
	whole fields
}

func newVariant(etag string, size int64, contentType, cache, coding string, vary bool) *variant {
	v := &variant{etag: `"` + etag + `"`, size: size}
	v.kept = fields{newField("Cache-Control", cache), newField("ETag", v.etag)}
	if vary {
		v.kept = append(v.kept, newField("Vary", "Accept-Encoding"))
	}
	v.whole = fields{newField("Accept-Ranges", "bytes"), newField("Content-Length", strconv.FormatInt(size, 10)), newField("Content-Type", contentType)}
	if coding != "" {
		v.whole = append(v.whole, newField("Content-Encoding", coding))
	}
	return v
}

// newFile is a file in memory, such as a manifest. zip adds gzip where that is smaller.
func newFile(data []byte, contentType string, zip bool) *file {
	var z bytes.Buffer
	if zip {
		zw, _ := gzip.NewWriterLevel(&z, gzip.BestCompression)
		zw.Write(data) // a bytes.Buffer takes everything
		zw.Close()
	}
	etag, smaller := contentHash(data), zip && z.Len() < len(data)
	f := &file{plain: newVariant(etag, int64(len(data)), contentType, Revalidate, "", smaller)}
	f.plain.data = data
	if smaller {
		v := newVariant(etag+"-gzip", int64(z.Len()), contentType, Revalidate, "gzip", true)
		v.data = z.Bytes()
		f.coded[gzipped] = v
	}
	return f
}

// serve answers with the file. What is not in memory is in store.
func (f *file) serve(w http.ResponseWriter, r *http.Request, store Store) {
	f.choose(r.Header["Accept-Encoding"]).serve(w, r, store)
}

func (v *variant) serve(w http.ResponseWriter, r *http.Request, store Store) {
	h := w.Header()
	switch precondition(r.Header, v.etag) {
	case http.StatusNotModified:
		v.kept.set(h)
		w.WriteHeader(http.StatusNotModified)
		return
	case http.StatusPreconditionFailed:
		fail(w, http.StatusPreconditionFailed, "this file is not the one that If-Match names")
		return
	}
	part, status := asked(r, v.etag, v.size)
	if status == http.StatusRequestedRangeNotSatisfiable {
		size := strconv.FormatInt(v.size, 10)
		h.Set("Content-Range", "bytes */"+size)
		fail(w, status, "the file has "+size+" bytes, and Range names none of them")
		return
	}
	var object *Object
	if v.data == nil {
		var err error
		if object, err = v.open(r, store, part.from); err != nil {
			Unreadable(w, v.name, err)
			return
		}
		defer object.Content.Close()
	}
	v.kept.set(h)
	v.whole.set(h)
	if status == http.StatusPartialContent {
		from, to := strconv.FormatInt(part.from, 10), strconv.FormatInt(part.from+part.length-1, 10)
		h.Set("Content-Range", "bytes "+from+"-"+to+"/"+strconv.FormatInt(v.size, 10))
		h.Set("Content-Length", strconv.FormatInt(part.length, 10))
	}
	w.WriteHeader(status)
	switch {
	case r.Method == http.MethodHead:
	case object == nil:
		w.Write(v.data[part.from : part.from+part.length])
	default:
		// io.CopyN hands the ResponseWriter the Content itself in an io.LimitedReader. From
		// an *os.File the kernel then copies (sendfile), not we. If it comes short, net/http
		// cuts the connection, since the length has been told.
		io.CopyN(w, object.Content, part.length)
	}
}

// Unreadable answers for a file that its store does not give.
func Unreadable(w http.ResponseWriter, name string, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		fail(w, http.StatusNotFound, name+" has gone from where the server keeps it")
		return
	}
	fail(w, http.StatusBadGateway, name+" cannot be read where the server keeps it")
}

// open opens the variant in its store, at the byte from.
func (v *variant) open(r *http.Request, store Store, from int64) (object *Object, err error) {
	if trusting, ok := store.(Trusting); ok {
		object = trusting.OpenSized(v.name, v.size)
		if r.Method == http.MethodHead {
			err = trusting.Look(r.Context(), v.name, v.size)
		}
	} else if object, err = store.Open(r.Context(), v.name); err != nil {
		return nil, err
	} else if object.Size != v.size {
		// What leaves under a hash is kept for ever, so a file that has changed since the
		// start must not leave.
		err = fmt.Errorf("%s has %d bytes instead of %d", v.name, object.Size, v.size)
	}
	if err == nil && from > 0 {
		_, err = object.Content.Seek(from, io.SeekStart)
	}
	if err != nil {
		object.Content.Close()
		return nil, err
	}
	return object, nil
}

func contentHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
