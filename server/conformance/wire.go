package conformance

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// patience is how long an exchange may take.
const patience = time.Minute

// A conn is a connection on which requests are written as text: net/http's client would
// tidy them up.
type conn struct {
	net.Conn
	read *bufio.Reader
	host string
}

func dial(t testing.TB, target Target) *conn {
	t.Helper()
	u, err := url.Parse(target.URL)
	if err != nil {
		t.Fatal(err)
	}
	var c net.Conn
	if u.Scheme == "https" {
		c, err = tls.Dial("tcp", u.Host, target.TLS)
	} else {
		c, err = net.Dial("tcp", u.Host)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return &conn{c, bufio.NewReader(c), u.Host}
}

// send writes a request. Headers are lines such as "Range: bytes=0-1".
func (c *conn) send(method, path string, headers []string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, c.host)
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	_, err := io.WriteString(c, b.String()+"\r\n")
	return err
}

// answer reads the head of the response to a request of a method; its body comes as it
// is read.
func (c *conn) answer(method string) (*http.Response, error) {
	return http.ReadResponse(c.read, &http.Request{Method: method})
}

// A reply is a response whose body has been read.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// ask is send and answer, for bodies that fit in memory.
func (c *conn) ask(method, path string, headers ...string) (*reply, error) {
	if err := c.send(method, path, headers); err != nil {
		return nil, err
	}
	resp, err := c.answer(method)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	const most = 1 << 20
	if _, err := io.Copy(&body, io.LimitReader(resp.Body, most)); err != nil {
		return nil, fmt.Errorf("status %d, and its body breaks off after %d bytes: %w", resp.StatusCode, body.Len(), err)
	}
	if body.Len() == most {
		return nil, fmt.Errorf("status %d, and its body has more than %d bytes", resp.StatusCode, most)
	}
	return &reply{resp.StatusCode, resp.Header, body.Bytes()}, nil
}
