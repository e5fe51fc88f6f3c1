package box

import (
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// grace is how long a reader may take nothing at all.
	grace = 30 * time.Second

	// piece is what goes out under one deadline. A stalled download ends after the time
	// of a piece, and not after that of a whole shard. With 1 MiB the deadlines cost
	// nothing that can be measured beside the copying.
	piece = 1 << 20
)

// A writer is the ResponseWriter that the handler sees: it counts what goes out, and
// gives each piece a deadline of its own, by the rate that a reader has to take. There is
// one and not one for each purpose because whatever stands between the handler and the
// connection has to hand on ReadFrom, or the kernel's copying (sendfile) turns into
// thousands of writes.
type writer struct {
	http.ResponseWriter
	conn     *gatedConn // nil where others share it (HTTP/2), and by TLS
	minRate  int64      // bytes per second; 0 is no deadline at all
	grace    time.Duration
	deadline *time.Time // of the connection, where there is one, or of this response

	status int // 0 until a header is sent
	bytes  int64
	failed bool // a write did not succeed: the client has gone, or was too slow
	short  bool // a file ended before its time
}

func newWriter(rw http.ResponseWriter, conn *gatedConn, minRate int64, grace time.Duration) *writer {
	w := &writer{ResponseWriter: rw, conn: conn, minRate: minRate, grace: grace}
	if conn != nil {
		w.deadline = &conn.deadline
	} else {
		w.deadline = new(time.Time)
	}
	return w
}

func (w *writer) WriteHeader(code int) {
	if w.status == 0 && code >= 200 {
		w.status = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *writer) Write(p []byte) (int, error) {
	w.sending(len(p))
	if w.conn != nil {
		w.conn.gather()
	}
	n, err := w.ResponseWriter.Write(p)
	if w.conn != nil {
		if lost := w.conn.release(); err == nil {
			err = lost
		}
	}
	w.sent(int64(n), err)
	return n, err
}

// ReadFrom copies in pieces. net recognises a file inside of one LimitedReader but not of
// two, so the handler's limit is taken off and kept here.
func (w *writer) ReadFrom(src io.Reader) (total int64, err error) {
	limited, ok := src.(*io.LimitedReader)
	for {
		part := io.LimitedReader{R: src, N: piece}
		if ok {
			part = io.LimitedReader{R: limited.R, N: min(limited.N, piece)}
		}
		want := part.N
		w.sending(int(want))
		n, err := copyPart(w.ResponseWriter, &part)
		if ok {
			limited.N -= want - part.N
		}
		total += n
		w.sent(n, err)
		if err != nil || n < want || want == 0 {
			w.short = w.short || err == nil && ok && limited.N > 0
			return total, err
		}
	}
}

var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// copyPart copies by the connection where it can, and otherwise (HTTP/2) through memory.
func copyPart(w http.ResponseWriter, part *io.LimitedReader) (int64, error) {
	if to, ok := w.(io.ReaderFrom); ok {
		return to.ReadFrom(part)
	}
	buffer := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buffer)
	return io.CopyBuffer(w, part, buffer[:])
}

// Unwrap lets http.ResponseController find the rest.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// sending moves the deadline on for n more bytes, where that makes enough of a difference
// to be worth a call: to small files on one connection, once a second.
func (w *writer) sending(n int) {
	if w.minRate <= 0 {
		return
	}
	next := time.Now().Add(w.grace + time.Duration(float64(n)/float64(w.minRate)*float64(time.Second)))
	if next.Sub(*w.deadline) < w.grace/32 {
		return
	}
	*w.deadline = next
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(next) // one without deadlines is left alone
}

func (w *writer) sent(n int64, err error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.bytes += n
	w.failed = w.failed || err != nil
}
