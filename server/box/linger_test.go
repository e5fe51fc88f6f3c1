package box

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// A pausing connection reads nothing while it is told not to: what comes waits in the
// system, on this side and on the other.
type pausing struct {
	net.Conn
	paused *atomic.Bool
}

func (p pausing) Read(b []byte) (int, error) {
	for p.paused.Load() {
		time.Sleep(time.Millisecond)
	}
	return p.Conn.Read(b)
}

// The response is written in full when the server stops, but its client has read little of
// it. That client goes on to speak, as HTTP/2 has it, and gets it all.
func TestStopOverHTTP2LosesNothingThatIsOnItsWay(t *testing.T) {
	const size = 3 << 20 // less than the client grants, and than the system holds
	name := bigFile(t, size)
	s := start(t, Config{Handler: files(name), TLS: TLS{Mode: TLSSelf, State: t.TempDir()}, Drain: 20 * time.Second})
	var paused atomic.Bool
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		return pausing{c, &paused}, err
	}
	resp, err := (&http.Client{Transport: transport}).Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Fatalf("the client speaks %s", resp.Proto)
	}
	paused.Store(true)
	eventually(t, "the response is written", func() bool { return s.site.limiter.running.Load() == 0 })
	s.stop()
	time.Sleep(1500 * time.Millisecond) // net/http closes the connection meanwhile
	paused.Store(false)
	hash := sha256.New()
	if n, err := io.Copy(hash, resp.Body); err != nil || !bytes.Equal(hash.Sum(nil), hashOf(t, name)) {
		t.Errorf("%d of %d bytes arrived: %v", n, size, err)
	}
	transport.CloseIdleConnections()
	select {
	case err := <-s.ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the server lingers though nobody is there any more")
	}
}

// Who never reads and never hangs up does not keep a server from its end.
func TestLingeringEnds(t *testing.T) {
	server, client := tcpPair(t)
	if _, err := server.Write(make([]byte, 64<<10)); err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var l lingerer
	closed := make(chan struct{})
	filled := func() bool { // until the system takes no more
		server.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
		_, err := server.Write(make([]byte, 1<<20))
		return err != nil
	}
	eventually(t, "the socket is full", filled)
	if err := l.close(server, func() { close(closed) }); err != nil {
		t.Fatal(err)
	}
	if n := l.count(); n != 1 {
		t.Fatalf("%d connections linger, want 1", n)
	}
	ended := make(chan struct{})
	close(ended)
	l.wait(ended)
	l.cut()
	select {
	case <-closed:
	case <-time.After(5 * time.Second):
		t.Fatal("a connection lingers after the cut")
	}
	other, _ := tcpPair(t)
	other.Write([]byte("x"))
	now := false
	l.close(other, func() { now = true })
	if !now || l.count() != 0 {
		t.Error("a connection lingers that was closed after the cut")
	}
}

func tcpPair(t *testing.T) (server, client net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return server, client
}
