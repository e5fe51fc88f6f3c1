package box

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestClient(t *testing.T) {
	for _, c := range []struct {
		name      string
		trust     []string
		peer      string
		forwarded []string
		want      string // "" is invalid
		viaProxy  bool
	}{
		{"direct", nil, "192.0.2.1:5", nil, "192.0.2.1", false},
		{"nobody is trusted", nil, "192.0.2.1:5", []string{"198.51.100.7"}, "192.0.2.1", false},
		{"another is trusted", []string{"10.0.0.0/8"}, "192.0.2.1:5", []string{"198.51.100.7"}, "192.0.2.1", false},
		{"a proxy", []string{"10.0.0.0/8"}, "10.1.2.3:5", []string{"198.51.100.7"}, "198.51.100.7", true},
		{"two proxies", []string{"10.0.0.0/8"}, "10.1.2.3:5", []string{"198.51.100.7, 10.9.9.9"}, "198.51.100.7", true},
		{"two headers", []string{"10.0.0.0/8"}, "10.1.2.3:5", []string{"198.51.100.7", "10.9.9.9"}, "198.51.100.7", true},
		{"what the client wrote itself", []string{"10.0.0.0/8"}, "10.1.2.3:5", []string{"10.0.0.1, 203.0.113.9, 198.51.100.7"}, "198.51.100.7", true},
		{"garbage", []string{"10.0.0.0/8"}, "10.1.2.3:5", []string{"<script>"}, "10.1.2.3", false},
		{"garbage behind a proxy", []string{"10.0.0.0/8"}, "10.1.2.3:5", []string{"x, 10.9.9.9"}, "10.9.9.9", true},
		{"with ports", []string{"::1"}, "[::1]:5", []string{"[2001:db8::7]:99"}, "2001:db8::7", true},
		{"IPv4 in IPv6", []string{"10.0.0.0/8"}, "[::ffff:10.1.2.3]:5", []string{"198.51.100.7"}, "198.51.100.7", true},
		{"unix", []string{"unix"}, "@", []string{"198.51.100.7"}, "198.51.100.7", true},
		{"unix without trust", []string{"10.0.0.0/8"}, "@", []string{"198.51.100.7"}, "", false},
		{"no header", []string{"10.0.0.0/8"}, "10.1.2.3:5", nil, "10.1.2.3", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			trust, err := ParseProxies(c.trust)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.peer
			for _, line := range c.forwarded {
				r.Header.Add("X-Forwarded-For", line)
			}
			who, viaProxy := trust.client(r)
			got := ""
			if who.IsValid() {
				got = who.String()
			}
			if got != c.want || viaProxy != c.viaProxy {
				t.Errorf("got %q, by a proxy %v; want %q, %v", got, viaProxy, c.want, c.viaProxy)
			}
		})
	}
}

func TestParseProxies(t *testing.T) {
	for _, bad := range []string{"", "10.0.0.0/99", "proxy.lan", "10.0.0.1-10.0.0.9"} {
		_, err := ParseProxies([]string{bad})
		mentions(t, err, `"`+bad+`"`, "10.0.0.0/8")
	}
}

func TestLimitKey(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1":                "192.0.2.1",
		"2001:db8:1:2:3:4:5:6":     "2001:db8:1:2::",
		"2001:db8:1:2:ffff:4:5:99": "2001:db8:1:2::",
		"127.0.0.1":                "invalid IP",
		"::1":                      "invalid IP",
	} {
		if got := limitKey(netip.MustParseAddr(in)).String(); got != want {
			t.Errorf("%s counts as %s, want %s", in, got, want)
		}
	}
}
