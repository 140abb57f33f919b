package main

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// proxies returns the trusted proxies of a configuration that was checked.
func (w webConfig) proxies() (networks []netip.Prefix) {
	for _, text := range w.TrustedProxies {
		if network, err := parseNetwork(text); err == nil {
			networks = append(networks, network)
		}
	}
	return networks
}

// parseNetwork reads a network, or the address of one machine.
func parseNetwork(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	return network.Masked(), err
}

// forwardedProto is where a proxy says by which protocol it was asked. Of a request that comes through behindProxies it is a trusted one's word.
const forwardedProto = "X-Forwarded-Proto"

// behindProxies gives a handler requests whose RemoteAddr is that of who asks, also where trusted proxies stand between. Anybody else's word for
// that changes nothing.
func behindProxies(trusted []netip.Prefix, next http.Handler) http.Handler {
	trusts := func(a netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(network netip.Prefix) bool { return network.Contains(a) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, known := peerOf(r.RemoteAddr)
		if !known || !trusts(peer) {
			r.Header.Del(forwardedProto)
			next.ServeHTTP(w, r)
			return
		}
		// Each proxy adds at the end whom it was asked by: the last that is no proxy of ours is the client, and what stands before it is
		// that one's own word.
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for _, hop := range slices.Backward(hops) {
			address, err := netip.ParseAddr(strings.TrimSpace(hop))
			if err != nil {
				break
			}
			if peer = address.Unmap(); !trusts(peer) {
				break
			}
		}
		r.RemoteAddr = net.JoinHostPort(peer.String(), "0")
		next.ServeHTTP(w, r)
	})
}

// peerOf returns the address of a connection's other end; false where it has none, as a socket of the file system.
func peerOf(remote string) (netip.Addr, bool) {
	address, err := netip.ParseAddrPort(remote)
	return address.Addr().Unmap(), err == nil
}
