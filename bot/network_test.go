package bot

import "testing"

func TestNetworkOf(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.17:4711": "192.0.2.0/24", "[::ffff:192.0.2.17]:1": "192.0.2.0/24", "[2001:db8:1:2::3]:80": "2001:db8:1::/48", "[fe80::1%eth0]:80": "fe80::/48",
		"127.0.0.1:9": "127.0.0.0/24", "@": "", "": "", "name:80": "",
	} {
		if got := NetworkOf(remote); got != want {
			t.Errorf("%q is in %q, want %q", remote, got, want)
		}
	}
}
