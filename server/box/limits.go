package box

import (
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// Limits bound what clients may take. Zero is no limit.
type Limits struct {
	HeaderTimeout time.Duration // for the head of a request
	IdleTimeout   time.Duration // between the requests of a connection
	HeaderBytes   int           // of a request's head
	MinRate       int64         // bytes per second that a reader has to take

	Connections, ClientConnections int
	Requests, ClientRequests       int     // running at the same time
	Rate, ClientRate               float64 // requests per second, with a burst of four seconds
}

// maxClients is how many clients are remembered. The one that has not asked for longest
// is forgotten, and starts anew.
const maxClients = 16384

// A limiter lets requests run or refuses them, in all and by client.
type limiter struct {
	limits  Limits
	rate    *rate.Limiter
	running atomic.Int64

	mu      sync.Mutex
	clients *lru.LRU[netip.Addr, *clientLimit]
}

type clientLimit struct {
	rate    *rate.Limiter
	running atomic.Int64
}

func newLimiter(l Limits) *limiter {
	clients, err := lru.NewLRU[netip.Addr, *clientLimit](maxClients, nil)
	if err != nil {
		panic(err) // the size is ours, and positive
	}
	return &limiter{limits: l, rate: newRate(l.Rate), clients: clients}
}

// newRate gives a burst of four seconds: a page that opens asks for several files at once.
func newRate(perSecond float64) *rate.Limiter {
	if perSecond <= 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(perSecond), int(math.Ceil(4*perSecond)))
}

// A refusal says which limit was reached.
type refusal struct {
	limit  string // its name in the metrics
	status int
	wait   time.Duration
	text   string
}

// admit takes a place for a request of client (see limitKey). Either it is refused, or
// done gives the place back.
func (l *limiter) admit(client netip.Addr, now time.Time) (done func(), no *refusal) {
	c := l.client(client)
	switch {
	case c != nil && !take(&c.running, l.limits.ClientRequests):
		return nil, &refusal{"client_requests", http.StatusTooManyRequests, time.Second, "too many requests from your address at the same time"}
	case !take(&l.running, l.limits.Requests):
		release(c, nil)
		return nil, &refusal{"requests", http.StatusServiceUnavailable, 5 * time.Second, "the server is busy"}
	case c != nil && !c.rate.AllowN(now, 1):
		release(c, &l.running)
		return nil, &refusal{"client_rate", http.StatusTooManyRequests, gap(l.limits.ClientRate), "too many requests per second from your address"}
	case !l.rate.AllowN(now, 1):
		release(c, &l.running)
		return nil, &refusal{"rate", http.StatusServiceUnavailable, gap(l.limits.Rate), "the server is busy"}
	}
	return func() { release(c, &l.running) }, nil
}

// client is nil for one without limits of its own.
func (l *limiter) client(key netip.Addr) *clientLimit {
	if !key.IsValid() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c, known := l.clients.Get(key)
	if !known {
		c = &clientLimit{rate: newRate(l.limits.ClientRate)}
		l.clients.Add(key, c)
	}
	return c
}

func take(running *atomic.Int64, limit int) bool {
	if n := running.Add(1); limit > 0 && n > int64(limit) {
		running.Add(-1)
		return false
	}
	return true
}

func release(c *clientLimit, all *atomic.Int64) {
	if c != nil {
		c.running.Add(-1)
	}
	if all != nil {
		all.Add(-1)
	}
}

// gap is the time until the next request may come, in whole seconds as Retry-After has.
func gap(perSecond float64) time.Duration {
	return time.Duration(math.Ceil(1/perSecond)) * time.Second
}

// send answers with the one line that the refusal is.
func (r *refusal) send(w http.ResponseWriter) {
	seconds := int(r.wait / time.Second)
	h := w.Header()
	h.Set("Retry-After", strconv.Itoa(seconds))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	// So that a page of another origin can read the status and wait, too.
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	http.Error(w, r.text+": try again in "+strconv.Itoa(seconds)+" s", r.status)
}
