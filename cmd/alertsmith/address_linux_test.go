package main

import (
	"fmt"
	"syscall"
)

// freeAddress returns an address of loopback that nobody listens at, for services that are started there one after the other. Nobody else is given its
// port before atEnd's time: a socket has it that listens to nothing, beside which Linux lets somebody listen who asks for this very port, as net.Listen does.
func freeAddress(atEnd func(func())) (string, error) {
	held, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	atEnd(func() { syscall.Close(held) })
	if err := syscall.SetsockoptInt(held, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return "", err
	}
	if err := syscall.Bind(held, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return "", err
	}
	at, err := syscall.Getsockname(held)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port), nil
}
