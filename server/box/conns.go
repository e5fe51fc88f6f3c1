package box

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// A gate counts open connections, in all and by client, and turns away what is too many
// before anything is spent on it.
type gate struct {
	max, maxPerClient int // 0 is no limit
	refused           func(limit string)

	mu        sync.Mutex
	open, all int // now, and since the start
	perClient map[netip.Addr]int
}

func newGate(max, maxPerClient int, refused func(limit string)) *gate {
	return &gate{max: max, maxPerClient: maxPerClient, refused: refused, perClient: make(map[netip.Addr]int)}
}

// enter counts a connection of client, whose address is invalid where it has no limit of
// its own. A limit that is reached is returned by its name, and nothing is counted.
func (g *gate) enter(client netip.Addr) (limit string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.max > 0 && g.open >= g.max:
		return "connections"
	case client.IsValid() && g.maxPerClient > 0 && g.perClient[client] >= g.maxPerClient:
		return "client_connections"
	}
	g.open++
	g.all++
	if client.IsValid() {
		g.perClient[client]++
	}
	return ""
}

func (g *gate) leave(client netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	if client.IsValid() {
		if g.perClient[client]--; g.perClient[client] == 0 {
			delete(g.perClient, client)
		}
	}
}

func (g *gate) count() (open, all int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open, g.all
}

// A gatedListener accepts what its gate lets in.
type gatedListener struct {
	net.Listener
	gate    *gate
	trusted Proxies
	linger  *lingerer // nil where clients do not speak while they listen
}

func (l *gatedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := peerOf(c.RemoteAddr().String())
		client := limitKey(peer)
		if l.trusted.trusts(peer) {
			client = netip.Addr{} // a proxy's connections are those of many
		}
		if limit := l.gate.enter(client); limit != "" {
			l.gate.refused(limit)
			c.Close()
			continue
		}
		return &gatedConn{gatherer: gatherer{Conn: c}, gate: l.gate, client: client, linger: l.linger}, nil
	}
}

// A gatedConn leaves its gate when it is closed.
type gatedConn struct {
	gatherer
	deadline time.Time // of its writes, as the last writer has set it
	gate     *gate
	client   netip.Addr
	linger   *lingerer
	close    sync.Once
}

func (c *gatedConn) Close() (err error) {
	c.close.Do(func() {
		leave := func() { c.gate.leave(c.client) }
		if c.linger != nil {
			err = c.linger.close(c.Conn, leave)
			return
		}
		leave()
		err = c.Conn.Close()
	})
	return err
}

// ReadFrom hands the file on to where the kernel copies it: the connection below for TCP,
// and sendToUnix.
func (c *gatedConn) ReadFrom(src io.Reader) (int64, error) {
	if tcp, ok := c.Conn.(io.ReaderFrom); ok {
		return tcp.ReadFrom(src)
	}
	if unix, ok := c.Conn.(*net.UnixConn); ok {
		if n, handled, err := sendToUnix(unix, src); handled {
			return n, err
		}
	}
	return io.Copy(struct{ io.Writer }{c.Conn}, src)
}

// CloseWrite lets net/http send the last bytes of an error before it hangs up.
func (c *gatedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
