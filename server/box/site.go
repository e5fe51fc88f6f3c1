package box

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// A site is the handler with all that happens to a request around it.
type site struct {
	handler http.Handler
	packs   map[string]bool // names, for the metrics
	log     *slog.Logger
	access  *slog.Logger // nil: none
	trusted Proxies
	limiter *limiter
	grace   time.Duration // see writer
	metrics *metrics
}

func (s *site) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	start := time.Now()
	w := newWriter(rw, connOf(r.Context()), s.limiter.limits.MinRate, s.grace)
	// Before anything is written: the connection still has the deadline of its last
	// response.
	w.sending(0)
	boundBody(rw, r, start)
	t := thingAt(r.URL.Path, s.packs)
	client, forwarded := s.trusted.client(r)

	s.metrics.running.Inc()
	defer func() {
		whole := s.recovered(w, r, recover())
		s.metrics.done(t, w)
		s.metrics.running.Dec()
		if s.access != nil {
			record(s.access, r, w, t, client, forwarded, time.Since(start))
		}
		if !whole {
			panic(http.ErrAbortHandler) // net/http cuts the connection, which alone tells the client
		}
	}()

	if t.kind != "probe" { // whoever watches over us must see a busy server as a living one
		done, no := s.limiter.admit(limitKey(client), start)
		if no != nil {
			s.metrics.limited.WithLabelValues(no.limit).Inc()
			no.send(w)
			return
		}
		defer done()
	}
	s.handler.ServeHTTP(w, r)
	if w.short {
		// By HTTP/2 the response would end as if it were whole, and whoever does not count
		// its bytes, such as a cache, might keep it.
		panic(http.ErrAbortHandler)
	}
	if w.status == 0 {
		w.status = http.StatusOK // what net/http makes of a handler that says nothing
	}
}

// recovered deals with a panic of the handler, if p is one. A response that has begun
// cannot become an error any more: then the answer is false.
func (s *site) recovered(w *writer, r *http.Request, p any) (whole bool) {
	switch {
	case p == nil:
		return true
	case p == http.ErrAbortHandler:
		w.failed = true
		return false
	}
	s.metrics.panics.Inc()
	s.log.Error("the handler panicked", "method", r.Method, "path", short(r.URL.Path), "panic", p, "stack", string(debug.Stack()))
	if w.status != 0 {
		w.failed = true
		return false
	}
	clear(w.Header())
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, "something went wrong in the server, and its log says what", http.StatusInternalServerError)
	return true
}

const bodyTime = 10 * time.Second

// boundBody bounds how long the body of a request may take, and ends the connection behind
// it. Nothing here has a use for one, but net/http reads it to find the next request.
func boundBody(w http.ResponseWriter, r *http.Request, now time.Time) {
	if r.ContentLength == 0 {
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(now.Add(bodyTime))
	if r.ProtoMajor == 1 {
		w.Header().Set("Connection", "close")
	}
}
