package box

import (
	"io"
	"net"
	"sync"
	"time"
)

// lingering is how long a connection may take, after its close, to hand over what waits in
// the system.
const lingering = 30 * time.Second

// A client of HTTP/2 speaks while it listens: it grants more room with nearly everything
// that it reads. Where that meets a socket that is closed, the system answers with a reset
// and drops what it had not sent yet, the end of a response with it. net/http closes a
// second after the last response is written, and when a server stops it does so to clients
// in the middle of reading one. So such a connection is closed in two steps: we send no
// more, and when the client has read everything and hangs up, or time is up, it is over.
type lingerer struct {
	mu    sync.Mutex
	over  bool // nobody lingers any more
	conns map[net.Conn]bool
}

// close closes c, now or later. then is called when it is closed.
func (l *lingerer) close(c net.Conn, then func()) error {
	half, ok := c.(interface{ CloseWrite() error })
	if !ok || !unsent(c) || !l.enter(c) {
		defer then()
		return c.Close()
	}
	go func() {
		defer then()
		defer l.leave(c)
		c.SetDeadline(time.Now().Add(lingering))
		if half.CloseWrite() == nil {
			io.Copy(io.Discard, c)
		}
	}()
	return nil
}

func (l *lingerer) enter(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return false
	}
	if l.conns == nil {
		l.conns = make(map[net.Conn]bool)
	}
	l.conns[c] = true
	return true
}

func (l *lingerer) leave(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	c.Close()
}

// wait waits until nobody lingers, or until ended.
func (l *lingerer) wait(ended <-chan struct{}) {
	for l.count() > 0 {
		select {
		case <-ended:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (l *lingerer) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

// cut closes those that linger, and lets no other linger.
func (l *lingerer) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	for c := range l.conns {
		c.Close()
	}
}
