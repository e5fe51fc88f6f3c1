package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"
)

// A fault is one way to treat a server badly. It has a connection of its own.
type fault struct {
	name string
	tls  bool // on the address with TLS; the connection is still bare
	do   func(f *faulty)
}

// faulty is a client in the middle of a fault. Its methods fail silently: that the server
// shuts the door is what a fault deserves.
type faulty struct {
	net.Conn
	ctx  context.Context
	pack *pack
	t    *tally
	rng  *rand.Rand
}

func (f *faulty) say(text string) { io.WriteString(f.Conn, text) }

// wait holds the connection for up to most.
func (f *faulty) wait(most time.Duration) {
	select {
	case <-f.ctx.Done():
	case <-time.After(time.Duration(f.rng.Int64N(int64(most)))):
	}
}

// reset makes the close that follows a sudden one, as of a client that lost its network.
func (f *faulty) reset() { f.Conn.(*net.TCPConn).SetLinger(0) }

func (f *faulty) askShard() {
	s := f.pack.shards[f.rng.IntN(len(f.pack.shards))]
	f.say("GET /packs/noise/" + s.Path + " HTTP/1.1\r\nHost: x\r\n\r\n")
}

func (f *faulty) noise(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(f.rng.Uint32())
	}
	return string(b)
}

// refused reads the answer and complains unless it is an error or none at all.
func (f *faulty) refused(what string) {
	f.SetReadDeadline(time.Now().Add(patience))
	resp, err := http.ReadResponse(bufio.NewReader(f.Conn), nil)
	if err == nil && resp.StatusCode < 400 {
		f.t.bad("%s was answered with %s", what, resp.Status)
	}
}

const patience = 3 * time.Second

var faults = []fault{
	{name: "silence", do: func(f *faulty) { f.wait(patience) }},
	{name: "half headers", do: func(f *faulty) {
		f.say("GET / HTTP/1.1\r\nHost: x\r\nUser-Ag")
		f.wait(patience)
	}},
	{name: "slow headers", do: func(f *faulty) {
		for _, c := range "GET /packs.json HTTP/1.1\r\nHost: x\r\nX-Slow: yes" {
			f.say(string(c))
			f.wait(100 * time.Millisecond)
		}
	}},
	{name: "slow reader", do: func(f *faulty) {
		f.askShard()
		piece := make([]byte, 4<<10)
		for range 20 {
			if _, err := f.Read(piece); err != nil {
				return
			}
			f.wait(200 * time.Millisecond)
		}
	}},
	{name: "never reads", do: func(f *faulty) {
		f.askShard()
		f.wait(patience)
	}},
	{name: "cut mid-body", do: func(f *faulty) {
		f.askShard()
		io.CopyN(io.Discard, f.Conn, f.rng.Int64N(8<<20))
		f.reset()
	}},
	{name: "half-closed", do: func(f *faulty) {
		f.askShard()
		f.Conn.(*net.TCPConn).CloseWrite()
		io.CopyN(io.Discard, f.Conn, f.rng.Int64N(8<<20))
	}},
	{name: "garbage", do: func(f *faulty) {
		f.say(f.noise(1 + f.rng.IntN(4000)))
		f.refused("garbage")
	}},
	{name: "TLS to the plain port", do: func(f *faulty) {
		tls.Client(deadlined(f.Conn), &tls.Config{InsecureSkipVerify: true}).Handshake()
	}},
	{name: "HTTP to the TLS port", tls: true, do: func(f *faulty) {
		f.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		f.refused("plain HTTP on the TLS port")
	}},
	{name: "garbage to the TLS port", tls: true, do: func(f *faulty) {
		f.say("\x16\x03\x01" + f.noise(600))
		f.wait(patience)
	}},
	{name: "half a TLS handshake", tls: true, do: func(f *faulty) {
		tls.Client(&shortWriter{deadlined(f.Conn), 100}, &tls.Config{InsecureSkipVerify: true}).Handshake()
	}},
	{name: "garbage within TLS", tls: true, do: func(f *faulty) { f.withinTLS(f.noise(2000), "http/1.1") }},
	{name: "garbage within HTTP/2", tls: true, do: func(f *faulty) {
		f.withinTLS("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+"\x00\x00\x00\x04\x00\x00\x00\x00\x00"+f.noise(2000), "h2")
	}},
	{name: "huge headers", do: func(f *faulty) {
		f.say("GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-Long: "+strings.Repeat("y", 8000)+"\r\n", 500) + "\r\n")
		f.refused("4 MB of headers")
	}},
	{name: "huge request line", do: func(f *faulty) {
		f.say("GET /" + strings.Repeat("a", 3<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n")
		f.refused("a path of 3 MB")
	}},
	{name: "malformed range", do: func(f *faulty) { f.malformedRange() }},
	{name: "smuggling", do: func(f *faulty) {
		shape := smuggling[f.rng.IntN(len(smuggling))]
		f.say(shape)
		f.refused(fmt.Sprintf("%.80q", shape))
	}},
	{name: "a body for a GET", do: func(f *faulty) {
		f.say("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n" + f.noise(100_000))
		f.wait(patience)
	}},
	{name: "a path that climbs", do: func(f *faulty) {
		path := []string{"/../../etc/passwd", "/packs/noise/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/packs/noise/shards/..%2f..%2fmanifest.json", "//etc/passwd", "/packs/noise/shards/\x00.bin"}[f.rng.IntN(6)]
		f.say("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
		f.refused(path)
	}},
	{name: "pipelined and gone", do: func(f *faulty) {
		f.say(strings.Repeat("GET /packs/noise/manifest.json HTTP/1.1\r\nHost: x\r\n\r\n", 50))
		io.CopyN(io.Discard, f.Conn, 100)
		f.reset()
	}},
}

// smuggling are requests whose end two programs could see in two places. None may be
// answered as if it were a good one.
var smuggling = []string{
	"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
	"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd",
	"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
	"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
	"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
	"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
	"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"GET /healthz HTTP/1.1\r\nHost: x\r\n folded: yes\r\n\r\n",
	"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
	"GET /healthz HTTP/1.1\r\n\r\n",
	"GET /healthz\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /healthz HTTP/1.1 HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /healthz HTTP/3.7\r\nHost: x\r\n\r\n",
	"\r\n\r\n\x00GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
}

// malformedRange asks for a small file with a range that is none. Either the file comes as
// a whole, or the range is refused.
func (f *faulty) malformedRange() {
	span := []string{"bytes=", "bytes=-", "bytes=5-2", "bytes=a-b", "bytes=-0", "bytes=--1", "bytes 0-5", "lines=1-2", "bytes=0-5,7-9", "bytes=0-0,-1",
		"bytes=99999999999999999999-", "bytes=0x1-0x5", "bytes=1-2;q=1", strings.Repeat("bytes=0-", 100), "bytes=" + strings.Repeat("0-,", 1000) + "0-"}[f.rng.IntN(15)]
	f.say("GET /packs/noise/manifest.json HTTP/1.1\r\nHost: x\r\nRange: " + span + "\r\n\r\n")
	f.SetReadDeadline(time.Now().Add(patience))
	resp, err := http.ReadResponse(bufio.NewReader(f.Conn), nil)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		if got, err := io.ReadAll(resp.Body); err == nil && string(got) != string(f.pack.small) {
			f.t.bad("Range %.60q: 200 with something else than the file", span)
		}
	case http.StatusPartialContent:
		f.t.bad("Range %.60q: answered with 206, Content-Range %s", span, resp.Header.Get("Content-Range"))
	}
}

// withinTLS says something over a good TLS connection.
func (f *faulty) withinTLS(text, protocol string) {
	c := tls.Client(deadlined(f.Conn), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{protocol}})
	if c.Handshake() == nil {
		io.WriteString(c, text)
		io.CopyN(io.Discard, c, 1000)
	}
}

func deadlined(c net.Conn) net.Conn {
	c.SetDeadline(time.Now().Add(patience))
	return c
}

// A shortWriter drops all that is written behind its first bytes.
type shortWriter struct {
	net.Conn
	left int
}

func (w *shortWriter) Write(p []byte) (int, error) {
	n := min(len(p), w.left)
	w.left -= n
	if _, err := w.Conn.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}

// misbehave runs one fault after the other until ctx ends.
func misbehave(ctx context.Context, n int, plain, secure string, p *pack, t *tally) {
	rng := rand.New(rand.NewPCG(99, uint64(n)))
	dialer := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 2, byte(1+n%250))}}
	for ctx.Err() == nil {
		kind := faults[rng.IntN(len(faults))]
		addr := plain
		if kind.tls {
			addr = secure
		}
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		unstop := context.AfterFunc(ctx, func() { conn.Close() })
		kind.do(&faulty{conn, ctx, p, t, rng})
		unstop()
		conn.Close()
		t.fault(kind.name)
	}
}

// flood opens very many connections at once, every two seconds, and lets go of them.
func flood(ctx context.Context, plain string, t *tally) {
	const many = 500
	for wave := 0; ctx.Err() == nil; wave++ {
		var conns []net.Conn
		for i := range many {
			dialer := net.Dialer{Timeout: 100 * time.Millisecond, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 3, byte(1+(wave+i/100)%250))}}
			if conn, err := dialer.DialContext(ctx, "tcp", plain); err == nil {
				conns = append(conns, conn)
			}
		}
		t.fault("flood of 500")
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
		}
		for _, c := range conns {
			c.Close()
		}
	}
}
