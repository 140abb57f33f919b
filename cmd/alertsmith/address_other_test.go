//go:build !linux

package main

import "net"

// freeAddress returns an address of loopback that nobody listens at. It is not kept free: somebody else may be given it before it is used.
func freeAddress(func(func())) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
