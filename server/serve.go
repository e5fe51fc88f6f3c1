package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	immutable  = "public, max-age=31536000, immutable"
	revalidate = "no-cache" // keep it, but ask each time whether it is still the same
)

// serveText answers with a short text that is not worth an ETag.
func serveText(w http.ResponseWriter, r *http.Request, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	if r.Method != http.MethodHead {
		io.WriteString(w, text)
	}
}

// serveContent sends size bytes of content under the headers already set, among them
// the ETag by which net/http decides on 200, 206, 304, 412 and 416. It takes the
// ResponseWriter and an *os.File to each other directly, which is what makes the kernel
// copy (sendfile) instead of us.
func serveContent(w http.ResponseWriter, r *http.Request, content io.ReadSeeker, size int64) {
	allow(w, size)
	// net/http leaves the length out where there is a Content-Encoding. It replaces ours
	// in a 206 and removes it from a 304 or an error.
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	http.ServeContent(w, r, "", time.Time{}, content)
}

// A blob is a small response kept in memory, such as a manifest.
type blob struct {
	plain, zipped []byte // zipped is nil where it would not be smaller
	contentType   string
	etag          string // of plain, without the quotes
}

func newBlob(data []byte, contentType string) *blob {
	var z bytes.Buffer
	zw, _ := gzip.NewWriterLevel(&z, gzip.BestCompression)
	zw.Write(data) // a bytes.Buffer takes everything
	zw.Close()
	b := &blob{plain: data, contentType: contentType, etag: contentHash(data)}
	if z.Len() < len(data) {
		b.zipped = z.Bytes()
	}
	return b
}

func (b *blob) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	data, etag := b.plain, b.etag
	if b.zipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if negotiate(acceptEncoding(r), func(c string) bool { return c == "gzip" }) == "gzip" {
			h.Set("Content-Encoding", "gzip")
			data, etag = b.zipped, etag+"-gzip"
		}
	}
	h.Set("Content-Type", b.contentType)
	h.Set("Cache-Control", revalidate)
	h.Set("ETag", `"`+etag+`"`)
	serveContent(w, r, bytes.NewReader(data), int64(len(data)))
}

func acceptEncoding(r *http.Request) string {
	return strings.Join(r.Header.Values("Accept-Encoding"), ",")
}

func contentHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
