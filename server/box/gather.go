package box

import (
	"context"
	"net"
	"sync"
)

// A gatherer is a connection that can hold a write back, to send it with the next in one
// call. net/http writes through a buffer of 4 KB: an answer from memory that is larger
// comes out of it in two pieces, and each call costs as much as copying 30 KB.
type gatherer struct {
	net.Conn
	gathering bool
	held      *heldBuffer // nil where nothing is held
	n         int         // bytes of it
	lost      error       // why what was held did not go out: nothing may follow it
}

type heldBuffer [4 << 10]byte

var heldBuffers = sync.Pool{New: func() any { return new(heldBuffer) }}

// gather holds back a piece that fits, until the next one or release.
func (g *gatherer) gather() { g.gathering = true }

// release sends what is held.
func (g *gatherer) release() error {
	g.gathering = false
	if g.held != nil {
		g.send(nil)
	}
	return g.lost
}

func (g *gatherer) Write(p []byte) (int, error) {
	switch {
	case g.lost != nil:
		return 0, g.lost
	case g.held != nil:
		return g.send(p)
	case g.gathering && len(p) <= len(g.held):
		g.held = heldBuffers.Get().(*heldBuffer)
		g.n = copy(g.held[:], p) // net/http uses its buffer again
		return g.n, nil
	}
	return g.Conn.Write(p)
}

// send writes what is held and p, and returns how much of p went out.
func (g *gatherer) send(p []byte) (int, error) {
	held := g.n
	both := net.Buffers{g.held[:held], p}
	n, err := both.WriteTo(g.Conn)
	heldBuffers.Put(g.held)
	g.held, g.lost = nil, err
	return max(int(n)-held, 0), err
}

type connKey struct{}

// withConn lets a request find its connection, unless TLS is between.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connOf is the connection of a request that has it for itself, or nil.
func connOf(ctx context.Context) *gatedConn {
	c, _ := ctx.Value(connKey{}).(*gatedConn)
	return c
}
