package main

import (
	"context"
	"net"
	"time"
)

// dial connects to the store such that a connection on which nothing has moved for the
// time stall breaks. A limit on whole requests would be wrong: 64 MB take ten minutes on a
// slow line. The time must be one in which such a line drains what the kernel holds of
// a connection, up to a few megabytes, as that is not seen from here.
func dial(stall time.Duration) func(ctx context.Context, network, addr string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: stall}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &conn{c, stall}, nil
	}
}

type conn struct {
	net.Conn
	stall time.Duration
}

func (c *conn) Read(p []byte) (int, error) {
	c.SetReadDeadline(time.Now().Add(c.stall))
	return c.Conn.Read(p)
}

// Write puts off the reader's deadline too, which waits for the answer all the while that
// a body is being sent.
func (c *conn) Write(p []byte) (int, error) {
	c.SetDeadline(time.Now().Add(c.stall))
	return c.Conn.Write(p)
}
