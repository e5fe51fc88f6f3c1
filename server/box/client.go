package box

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the peers whose X-Forwarded-For is believed.
type Proxies struct {
	networks []netip.Prefix
	unix     bool
}

// ParseProxies reads networks ("10.0.0.0/8"), single addresses, and "unix" for whoever
// comes by a unix socket.
func ParseProxies(list []string) (Proxies, error) {
	var p Proxies
	for _, item := range list {
		item = strings.TrimSpace(item)
		if item == "unix" {
			p.unix = true
			continue
		}
		network, err := netip.ParsePrefix(item)
		if err != nil {
			var address netip.Addr
			if address, err = netip.ParseAddr(item); err == nil {
				network = netip.PrefixFrom(address, address.BitLen())
			}
		}
		if err != nil {
			return p, fmt.Errorf("%q is no network: use addresses such as 10.0.0.0/8 or ::1, or unix", item)
		}
		p.networks = append(p.networks, network.Masked())
	}
	return p, nil
}

// trusts says so of a peer; the invalid address is that of a unix socket.
func (p Proxies) trusts(peer netip.Addr) bool {
	if !peer.IsValid() {
		return p.unix
	}
	for _, network := range p.networks {
		if network.Contains(peer) {
			return true
		}
	}
	return false
}

// client is who asks: the peer, or whom a trusted proxy names. Each proxy adds its own
// peer at the end of X-Forwarded-For, so it is read from there, as far as it comes from
// proxies that are trusted; what stands before that, the client may have written itself.
func (p Proxies) client(r *http.Request) (who netip.Addr, forwarded bool) {
	who = peerOf(r.RemoteAddr)
	if len(p.networks) == 0 && !p.unix {
		return who, false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.trusts(who); i-- {
		hop := peerOf(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			break
		}
		who, forwarded = hop, true
	}
	return who, forwarded
}

// peerOf reads an address with or without a port. That of a unix socket's peer, and what
// is no address at all, is invalid.
func peerOf(text string) netip.Addr {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}

// limitKey is what counts as one client: an IPv4 address, or an IPv6 network of 64 bits,
// the least that a household has. This machine's own addresses give the invalid one, which
// no limit by client applies to: a proxy here, and a unix socket, speak for many.
func limitKey(client netip.Addr) netip.Addr {
	switch {
	case !client.IsValid() || client.IsLoopback():
		return netip.Addr{}
	case client.Is4():
		return client
	}
	network, _ := client.Prefix(64) // an IPv6 address has 64 bits to keep
	return network.Addr()
}
