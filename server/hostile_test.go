package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"mixtab/server"
)

// TestHostileRequests sends what no client sends unless it means harm. The answers are
// largely net/http's; what is ours is that nothing of it panics, reaches a file by a way
// round, or lets one request pass for two.
func TestHostileRequests(t *testing.T) {
	const file = "console.log('the file')"
	h, err := server.New(t.Context(), server.Config{Page: fstest.MapFS{
		"index.html": {Data: []byte("the page")}, "assets/a.js": {Data: []byte(file)}, ".secret": {Data: []byte("the secret")}}})
	if err != nil {
		t.Fatal(err)
	}
	var panics atomic.Int64 // told by net/http
	srv := httptest.NewUnstartedServer(h)
	srv.Config.MaxHeaderBytes = 32 << 10 // as mixtab-server has it
	srv.Config.ErrorLog = log.New(panicCounter{&panics}, "", 0)
	srv.Start()
	defer srv.Close()
	addr := srv.Listener.Addr().String()

	garbage := make([]byte, 4096)
	for i := range garbage {
		garbage[i] = byte(i*7 + i/256)
	}
	const get, host = "GET /assets/a.js HTTP/1.1\r\n", "Host: x\r\n"
	for _, c := range []struct {
		name, send string
		want       []int // the statuses that come back, in their order, until the server closes
	}{
		{"a request", get + host + "Connection: close\r\n\r\n", []int{200}},
		{"HTTP/1.0", "GET /assets/a.js HTTP/1.0\r\n\r\n", []int{200}},
		{"HTTP/1.0 that keeps the connection", "GET /assets/a.js HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /healthz HTTP/1.0\r\n\r\n", []int{200, 200}},
		{"HTTP/0.9", "GET /assets/a.js\r\n\r\n", []int{400}},
		{"HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []int{405}},
		{"HTTP/9.9", "GET / HTTP/9.9\r\n" + host + "\r\n", []int{505}},
		{"address in the request line", "GET http://elsewhere/assets/a.js HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{200}},
		{"OPTIONS of all", "OPTIONS * HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{200}},
		{"GET of all", "GET * HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{404}},
		{"CONNECT", "CONNECT elsewhere:443 HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{405}},
		{"TRACE", "TRACE / HTTP/1.1\r\n" + host + "Cookie: a=b\r\nConnection: close\r\n\r\n", []int{405}},
		{"method in small letters", "get / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{405}},
		{"method with a bracket", "G(T / HTTP/1.1\r\n" + host + "\r\n", []int{400}},
		{"empty method", " / HTTP/1.1\r\n" + host + "\r\n", []int{400}},
		{"blanks in the path", "GET /a b HTTP/1.1\r\n" + host + "\r\n", []int{400}},
		{"zero byte in the path", "GET /\x00 HTTP/1.1\r\n" + host + "\r\n", []int{400}},
		{"broken escape", "GET /%zz HTTP/1.1\r\n" + host + "\r\n", []int{400}},
		{"bytes above ASCII in the path", "GET /\xff\xfe HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{404}},
		{"no host", get + "\r\n", []int{400}},
		{"two hosts", get + host + "Host: y\r\n\r\n", []int{400}},
		{"host with a slash", get + "Host: x/../y\r\n\r\n", []int{400}},
		{"header name with a blank", get + host + "X y: z\r\n\r\n", []int{400}},
		{"blank before the colon", get + host + "Content-Length : 5\r\n\r\n", []int{400}},
		{"header without a colon", get + host + "nonsense\r\n\r\n", []int{400}},
		{"folded header", get + host + "Range: bytes=0-1,\r\n 4-5\r\nConnection: close\r\n\r\n", []int{200}},
		{"zero byte in a header", get + host + "X: a\x00b\r\n\r\n", []int{400}},

		{"length and chunks", "POST / HTTP/1.1\r\n" + host + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /.secret HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{405, 404}}, // chunks win, by RFC 9112
		{"two lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", []int{400}},
		{"length in words", "POST / HTTP/1.1\r\n" + host + "Content-Length: four\r\n\r\nabcd", []int{400}},
		{"length with a sign", "POST / HTTP/1.1\r\n" + host + "Content-Length: +4\r\n\r\nabcd", []int{400}},
		{"negative length", "POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", []int{400}},
		{"unknown transfer coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", []int{501}},
		{"chunked in disguise", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", []int{400}},
		{"chunk without a size", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", []int{405}},
		{"chunk of all memory", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", []int{405}},
		{"body of a GET", get + host + "Content-Length: 5\r\n\r\nhello" + get + host + "Connection: close\r\n\r\n", []int{200, 200}},
		{"body that promises more", "GET / HTTP/1.1\r\n" + host + "Content-Length: 999999\r\nConnection: close\r\n\r\nhello", []int{200}},
		{"expectation", "POST / HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", []int{405}},
		{"unknown expectation", get + host + "Expect: a miracle\r\n\r\n", []int{417}},
		{"upgrade", get + host + "Connection: Upgrade, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", []int{200}},

		{"long path", "GET /" + strings.Repeat("a", 16<<10) + " HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", []int{404}},
		{"path beyond the limit", "GET /" + strings.Repeat("a", 64<<10) + " HTTP/1.1\r\n" + host + "\r\n", []int{431}},
		{"header beyond the limit", get + host + "X: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", []int{431}},
		{"many headers", get + host + strings.Repeat("X: y\r\n", 20000) + "\r\n", []int{431}},
		{"many ranges", get + host + "Range: bytes=" + strings.Repeat("0-0,", 5000) + "0-0\r\nConnection: close\r\n\r\n", []int{200}},
		{"many ETags", get + host + "If-None-Match: " + strings.Repeat(`"x",`, 5000) + "\r\nConnection: close\r\n\r\n", []int{200}},
		{"many codings", get + host + "Accept-Encoding: " + strings.Repeat("br;q=0.1;q=0.2,", 1500) + "\r\nConnection: close\r\n\r\n", []int{200}},

		{"one request in many packets", "", []int{200}},
		{"an answer and then garbage", get + host + "\r\n" + string(garbage), []int{200, 400}},
		{"garbage", string(garbage), []int{400}},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x00", 500), []int{400}},
		{"blank lines", "\r\n\r\n\r\n", []int{400}},
		{"nothing", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			go func() {
				if c.name == "one request in many packets" {
					for _, b := range []byte(get + host + "Connection: close\r\n\r\n") {
						conn.Write([]byte{b})
					}
				}
				io.WriteString(conn, c.send)
				conn.(*net.TCPConn).CloseWrite()
			}()
			got, body := statuses(conn)
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("statuses %v, want %v", got, c.want)
			}
			if strings.Contains(body, "the secret") {
				t.Error("it reaches the hidden file")
			}
			if panics.Load() > 0 {
				t.Fatal("the server panicked")
			}
		})
	}
	resp, err := http.Get(srv.URL + "/assets/a.js")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); string(body) != file {
		t.Errorf("afterwards, the file is %q (%v)", body, err)
	}
}

type panicCounter struct{ n *atomic.Int64 }

func (p panicCounter) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("panic")) {
		p.n.Add(1)
	}
	return len(line), nil
}

// statuses reads answers until the connection ends. An interim one, such as 100, is none.
func statuses(conn io.Reader) (codes []int, bodies string) {
	read := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(read, nil)
		if err != nil {
			return codes, bodies
		}
		body, _ := io.ReadAll(resp.Body)
		bodies += string(body)
		if resp.StatusCode >= 200 {
			codes = append(codes, resp.StatusCode)
		}
	}
}
