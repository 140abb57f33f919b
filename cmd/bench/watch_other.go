//go:build !linux

package main

import "errors"

// watch needs Linux.
func watch([]string, func() error) (int, error) {
	return 0, errors.New("what is opened and written can be watched on Linux only")
}
