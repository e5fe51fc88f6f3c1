package main

import (
	"net"
	"strings"

	"mixtab/server/box"
)

// greeting tells where the page is, and where it will not work. The page opens the demo
// unless its address names another pack; "" is the demo.
func greeting(s *box.Server, tls box.TLS, pack string) string {
	var text strings.Builder
	plain := false
	for _, a := range s.Addresses() {
		url, local := pageURL(a.Spec, a.Bound(), a.TLS, tls)
		if pack != "" && a.Bound().Network() != "unix" {
			url += "/?pack=packs/" + pack + "/"
		}
		text.WriteString("mixtab: " + url + "\n")
		plain = plain || !a.TLS && !local
	}
	if plain {
		text.WriteString("Over plain http, browsers give a page WebGPU on localhost only. For other machines, start with -tls self\n" +
			"(a certificate of this server's own), put a proxy with TLS in front of it, or forward its port to them (ssh -L).\n")
	}
	if made := s.SelfSigned(); made != nil {
		text.WriteString("The certificate is this server's own, so the browser warns of it once (\"Your connection is not private\"). Compare\n" +
			"its SHA-256 fingerprint before you go on: " + made.Fingerprint + "\n" +
			"To be warned no more, and for the page to work without a network, let the browser trust " + made.Cert + "\n")
	}
	return text.String()
}

// pageURL is the address to type, and whether it is this machine's alone.
func pageURL(spec string, bound net.Addr, secure bool, tls box.TLS) (url string, local bool) {
	if bound.Network() == "unix" {
		return "unix:" + bound.String(), true
	}
	if spec == "systemd" {
		spec = bound.String()
	}
	host, _, _ := net.SplitHostPort(spec)
	_, port, _ := net.SplitHostPort(bound.String())
	ip := net.ParseIP(host)
	local = host == "localhost" || ip != nil && ip.IsLoopback()
	if host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost" // one of the addresses it listens on
	}
	if !secure {
		return "http://" + net.JoinHostPort(host, port), local
	}
	if tls.Mode == box.TLSAutocert {
		host = tls.Hosts[0] // the only kind of name that its certificate has
	}
	if port == "443" && !strings.Contains(host, ":") {
		return "https://" + host, local
	}
	return "https://" + net.JoinHostPort(host, port), local
}
