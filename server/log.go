package server

import (
	"io"
	"log/slog"
	"net/http"
	"time"
)

// logged writes a debug record for each request. Where debug is off, responses go
// through untouched.
func logged(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !log.Enabled(r.Context(), slog.LevelDebug) {
			next.ServeHTTP(w, r)
			return
		}
		start := time.Now()
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(rec, r)
		log.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path, "range", r.Header.Get("Range"),
			"status", rec.status, "bytes", rec.bytes, "took", time.Since(start), "from", r.RemoteAddr)
	})
}

// recorder counts. It has a ReadFrom because one that hides the ReadFrom below it turns
// a single sendfile into thousands of writes.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(code int) {
	r.status = code
	r.ResponseWriter.WriteHeader(code)
}

func (r *recorder) Write(p []byte) (int, error) {
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(r.ResponseWriter, src)
	r.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController find the deadlines.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
