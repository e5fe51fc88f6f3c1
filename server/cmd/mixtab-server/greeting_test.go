package main

import (
	"net"
	"strings"
	"testing"

	"mixtab/server/box"
)

func TestPageURL(t *testing.T) {
	at := func(port int) net.Addr { return &net.TCPAddr{IP: net.IPv4zero, Port: port} }
	for _, c := range []struct {
		spec   string
		bound  net.Addr
		secure bool
		tls    box.TLS
		url    string
		local  bool
	}{
		{"localhost:8080", at(8080), false, box.TLS{}, "http://localhost:8080", true},
		{"127.0.0.1:0", at(1234), false, box.TLS{}, "http://127.0.0.1:1234", true},
		{"[::1]:8080", at(8080), false, box.TLS{}, "http://[::1]:8080", true},
		{":8080", at(8080), false, box.TLS{}, "http://localhost:8080", false},
		{"0.0.0.0:8080", at(8080), false, box.TLS{}, "http://localhost:8080", false},
		{"[::]:8080", at(8080), false, box.TLS{}, "http://localhost:8080", false},
		{"192.168.1.5:8080", at(8080), false, box.TLS{}, "http://192.168.1.5:8080", false},
		{"gpu.lan:8080", at(8080), false, box.TLS{}, "http://gpu.lan:8080", false},
		{"systemd", &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 80}, false, box.TLS{}, "http://10.0.0.1:80", false},
		{"unix:/run/s", &net.UnixAddr{Name: "/run/s", Net: "unix"}, false, box.TLS{}, "unix:/run/s", true},
		{":8443", at(8443), true, box.TLS{Mode: box.TLSSelf}, "https://localhost:8443", false},
		{":443", at(443), true, box.TLS{Mode: box.TLSAutocert, Hosts: []string{"a.example"}}, "https://a.example", false},
	} {
		url, local := pageURL(c.spec, c.bound, c.secure, c.tls)
		if url != c.url || local != c.local {
			t.Errorf("%s: got %s, local %v; want %s, %v", c.spec, url, local, c.url, c.local)
		}
	}
}

// The greeting says where browsers refuse WebGPU, and what a certificate of our own means.
func TestGreeting(t *testing.T) {
	for _, c := range []struct {
		name, listen, mode, pack, first string
		plain, own                      bool
	}{
		{"loopback", "127.0.0.1:0", "off", "", "mixtab: http://127.0.0.1:", false, false},
		{"all", ":0", "off", "tiny", "mixtab: http://localhost:", true, false},
		{"self", ":0", "self", "", "mixtab: https://localhost:", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tls := box.TLS{Mode: c.mode, State: t.TempDir()}
			s, err := box.New(box.Config{Listen: []string{c.listen}, TLS: tls, Log: discard})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			text := greeting(s, tls, c.pack)
			first, rest, _ := strings.Cut(text, "\n")
			if !strings.HasPrefix(first, c.first) || c.pack != "" && !strings.HasSuffix(first, "/?pack=packs/"+c.pack+"/") {
				t.Errorf("the first line is %q", first)
			}
			if strings.Contains(rest, "WebGPU") != c.plain || strings.Contains(rest, "-tls self") != c.plain {
				t.Errorf("plain http to other machines: %v, but it says %q", c.plain, rest)
			}
			if strings.Contains(rest, "fingerprint") != c.own {
				t.Errorf("a certificate of its own: %v, but it says %q", c.own, rest)
			}
		})
	}
}
