package bot

import "net/netip"

// NetworkOf returns the network of a client's address and port, as 192.0.2.0/24 or 2001:db8:1::/48: enough to find out where somebody sits, and not who, which
// no log says but by id and name. It is "" for what is no address.
func NetworkOf(remote string) string {
	client, err := netip.ParseAddrPort(remote)
	if err != nil {
		return ""
	}
	const bits4, bits6 = 24, 48
	address, bits := client.Addr().Unmap().WithZone(""), bits6
	if address.Is4() {
		bits = bits4
	}
	return netip.PrefixFrom(address, bits).Masked().String()
}
