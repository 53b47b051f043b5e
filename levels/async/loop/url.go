package loop

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

const maxURL = 8 << 10 // as for the tasks of the other levels

// split returns what a URL says about whom to ask, and for what.
func split(url string) (key, target string, err error) {
	const scheme = "http://"
	if len(url) > maxURL {
		return "", "", fmt.Errorf("URL of %d bytes is over the limit of %d", len(url), maxURL)
	}
	for i := range len(url) {
		if c := url[i]; c <= ' ' || c >= 0x7f {
			return "", "", errors.New("URL has a byte that must be escaped")
		}
	}
	if len(url) < len(scheme) || !strings.EqualFold(url[:len(scheme)], scheme) {
		return "", "", errors.New("URL does not begin with " + scheme)
	}
	rest, _, _ := strings.Cut(url[len(scheme):], "#")
	key = rest
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		key, target = rest[:i], rest[i:]
	}
	if strings.Contains(key, "@") { // what is before it is nobody's business
		return "", "", errors.New("URL has a user, and the loop sends none")
	}
	if target == "" || target[0] == '?' {
		target = "/" + target
	}
	return key, target, nil
}

// resolve turns the host of a URL into an address. It looks up no names: that would
// block the loop.
func resolve(key string) (netip.AddrPort, error) {
	host, port := key, "80"
	if i := strings.LastIndexByte(key, ':'); i > strings.LastIndexByte(key, ']') {
		h, p, err := net.SplitHostPort(key)
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("host: %w", err)
		}
		host, port = h, p
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Zone() != "" {
		return netip.AddrPort{}, fmt.Errorf("host %.80q is no IP address: the loop looks up no names, for that would block it", host)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return netip.AddrPort{}, fmt.Errorf("port %.80q is no number from 1 to 65535", port)
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(n)), nil
}
