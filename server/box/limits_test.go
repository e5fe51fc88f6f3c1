package box

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

func TestLimiter(t *testing.T) {
	now := time.Now()
	one, two, local := addr("192.0.2.1"), addr("192.0.2.2"), netip.Addr{}
	type ask struct {
		client netip.Addr
		after  time.Duration
		hold   bool
		want   string // the limit, or ""
	}
	for _, c := range []struct {
		name   string
		limits Limits
		asks   []ask
	}{
		{"none", Limits{}, []ask{{client: one, hold: true}, {client: one, hold: true}, {client: local, hold: true}}},
		{"of a client", Limits{ClientRequests: 1}, []ask{
			{client: one, hold: true}, {client: one, want: "client_requests"}, {client: two, hold: true}, {client: local, hold: true}, {client: local, hold: true}}},
		{"of a client, one after the other", Limits{ClientRequests: 1}, []ask{{client: one}, {client: one}, {client: one}}},
		{"of all", Limits{Requests: 2}, []ask{
			{client: one, hold: true}, {client: local, hold: true}, {client: two, want: "requests"}, {client: one, want: "requests"}}},
		{"rate of a client", Limits{ClientRate: 0.5}, []ask{
			{client: one}, {client: one}, {client: one, want: "client_rate"}, {client: two}, {client: local}, {client: local}, {client: local},
			{client: one, after: 2 * time.Second}, {client: one, after: 2 * time.Second, want: "client_rate"}}},
		{"rate of all", Limits{Rate: 0.25}, []ask{{client: one}, {client: two, want: "rate"}, {client: two, after: 4 * time.Second}}},
		{"a refusal gives its places back", Limits{ClientRate: 0.25, Requests: 1, ClientRequests: 1}, []ask{
			{client: one}, {client: one, want: "client_rate"}, {client: one, want: "client_rate"}, {client: two}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLimiter(c.limits)
			for i, a := range c.asks {
				done, no := l.admit(a.client, now.Add(a.after))
				got := ""
				if no != nil {
					got = no.limit
				} else if !a.hold {
					done()
				}
				if got != a.want {
					t.Errorf("request %d: refused by %q, want %q", i, got, a.want)
				}
			}
		})
	}
}

// Any number of clients take a bounded amount of memory.
func TestLimiterForgets(t *testing.T) {
	l := newLimiter(Limits{ClientRate: 1})
	for i := range 3 * maxClients {
		l.client(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if n := l.clients.Len(); n != maxClients {
		t.Errorf("%d clients are remembered, want %d", n, maxClients)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits Limits
		status int
		after  string
		text   string
	}{
		{"client", Limits{ClientRate: 0.2}, 429, "5", "too many requests per second from your address: try again in 5 s\n"},
		{"all", Limits{Rate: 0.2}, 503, "5", "the server is busy: try again in 5 s\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			trust, _ := ParseProxies([]string{"127.0.0.1"})
			s := start(t, Config{Limits: c.limits, Trust: trust, Packs: []string{"demo"}})
			if resp, _ := get(t, http.DefaultClient, s.url, "X-Forwarded-For", "192.0.2.1"); resp.StatusCode != 200 {
				t.Fatalf("the first request: %s", resp.Status)
			}
			resp, body := get(t, http.DefaultClient, s.url, "X-Forwarded-For", "192.0.2.1")
			if resp.StatusCode != c.status || body != c.text || resp.Header.Get("Retry-After") != c.after || resp.Header.Get("Access-Control-Allow-Origin") != "*" ||
				resp.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("got %s, %q, %v", resp.Status, body, resp.Header)
			}
			if resp, _ := get(t, http.DefaultClient, s.url+"/healthz", "X-Forwarded-For", "192.0.2.1"); resp.StatusCode != 200 {
				t.Errorf("who watches over a busy server sees %s", resp.Status)
			}
			if got := scrape(t, s)[`mixtab_limited_total{limit="`+map[string]string{"client": "client_rate", "all": "rate"}[c.name]+`"}`]; got != "1" {
				t.Errorf("the metrics count %q", got)
			}
		})
	}
}

func TestConnectionLimit(t *testing.T) {
	s := start(t, Config{Limits: Limits{Connections: 2}})
	dial := func() net.Conn {
		c, err := net.Dial("tcp", s.Addresses()[0].Bound().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	works := func(c net.Conn) bool {
		c.SetDeadline(time.Now().Add(5 * time.Second))
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		buffer := make([]byte, 12)
		n, err := io.ReadFull(c, buffer)
		return err == nil && string(buffer[:n]) == "HTTP/1.1 200"
	}
	first, second := dial(), dial()
	if !works(first) || !works(second) {
		t.Fatal("the first connections do not work")
	}
	if works(dial()) {
		t.Error("a third connection was taken")
	}
	first.Close()
	eventually(t, "a closed connection makes room", func() bool { return works(dial()) })
}

// The gate keeps nothing of a client that has gone.
func TestGate(t *testing.T) {
	g := newGate(3, 2, nil)
	one, two := addr("192.0.2.1"), addr("192.0.2.2")
	for i, c := range []struct {
		client netip.Addr
		want   string
	}{{one, ""}, {one, ""}, {one, "client_connections"}, {two, ""}, {two, "connections"}, {netip.Addr{}, "connections"}} {
		if got := g.enter(c.client); got != c.want {
			t.Errorf("connection %d: refused by %q, want %q", i, got, c.want)
		}
	}
	for _, c := range []netip.Addr{one, one, two} {
		g.leave(c)
	}
	if open, all := g.count(); open != 0 || all != 3 || len(g.perClient) != 0 {
		t.Errorf("%d connections of %d clients are left, %d in all", open, len(g.perClient), all)
	}
}

// deadlines is a ResponseWriter that remembers them.
type deadlines struct {
	*httptest.ResponseRecorder
	set  []time.Time
	read time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.read = t
	return nil
}

func (d *deadlines) SetWriteDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

// A piece has to be taken in its time, whatever the size of the whole.
func TestDeadlinesByProgress(t *testing.T) {
	d := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	w := newWriter(d, nil, 1<<10, grace)
	w.sending(0)
	if n, err := io.CopyN(w, endless{}, 3*piece+5); n != 3*piece+5 || err != nil || w.bytes != n || d.Body.Len() != int(n) {
		t.Fatalf("%d bytes (%v), %d counted, %d sent", n, err, w.bytes, d.Body.Len())
	}
	most := grace + piece/(1<<10)*time.Second + 5*time.Second
	for i, deadline := range d.set {
		if left := time.Until(deadline); left > most || left < grace-5*time.Second {
			t.Errorf("deadline %d is %v away, want between %v and %v", i, left, grace, most)
		}
	}
	if len(d.set) < 2 {
		t.Errorf("%d deadlines for the head and several pieces", len(d.set))
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A reader that takes nothing is dropped, and one that is slow but steady is not.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	const size = 24 << 20 // more than the system keeps for a connection
	name := bigFile(t, size)
	for _, listen := range []string{"127.0.0.1:0", "unix:" + filepath.Join(t.TempDir(), "s")} {
		t.Run(listen, func(t *testing.T) {
			t.Parallel()
			s := start(t, Config{Handler: files(name), Listen: []string{listen}, Limits: Limits{MinRate: 1 << 20}}, func(s *Server) { s.site.grace = time.Second })
			read := func(stall, pause time.Duration) (n int64) {
				to := s.Addresses()[0].Bound()
				c, err := net.Dial(to.Network(), to.String())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				c.(interface{ SetReadBuffer(int) error }).SetReadBuffer(64 << 10)
				io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
				time.Sleep(stall)
				for {
					k, err := io.CopyN(io.Discard, c, 2<<20)
					n += k
					if err != nil {
						return n
					}
					time.Sleep(pause)
				}
			}
			if n := read(0, 50*time.Millisecond); n < size {
				t.Errorf("a slow reader that is fast enough got %d bytes of %d", n, size)
			}
			if n := read(4*time.Second, 0); n >= size {
				t.Error("a reader that stalled got everything")
			}
			if got := settled(t, s)["mixtab_aborted_total"]; got != "1" {
				t.Errorf("the metrics count %q aborted responses", got)
			}
		})
	}
}

// A body, which nothing here wants, has a time, and its connection no further request.
func TestBodies(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name   string
		length int64
		bound  bool
	}{{"none", 0, false}, {"some", 1 << 40, true}, {"unknown", -1, true}} {
		d := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		r := httptest.NewRequest("POST", "/", nil)
		r.ContentLength = c.length
		boundBody(d, r, now)
		if bound := d.read.Equal(now.Add(bodyTime)); bound != c.bound || (d.Header().Get("Connection") == "close") != c.bound {
			t.Errorf("%s: until %v, %v; want bound %v", c.name, d.read, d.Header(), c.bound)
		}
	}
}

// The head of a request has a time and a size.
func TestHeads(t *testing.T) {
	impatient := start(t, Config{Limits: Limits{HeaderTimeout: 100 * time.Millisecond}})
	narrow := start(t, Config{Limits: Limits{HeaderBytes: 4 << 10}})
	say := func(s *running, text string) string {
		c, err := net.Dial("tcp", s.Addresses()[0].Bound().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(c, text)
		answer, _ := io.ReadAll(c)
		first, _, _ := strings.Cut(string(answer), "\r\n")
		return first
	}
	if got := say(impatient, "GET / HTTP/1.1\r\nHost:"); got != "HTTP/1.1 408 Request Timeout" && got != "" {
		t.Errorf("half a head got %q", got)
	}
	if got := say(narrow, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 20<<10)+"\r\n\r\n"); got != "HTTP/1.1 431 Request Header Fields Too Large" {
		t.Errorf("a large head got %q", got)
	}
}
