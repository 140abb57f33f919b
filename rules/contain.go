package rules

import (
	"fmt"
	"runtime/debug"
)

// Contain runs f and returns what it panicked with, with its stack; nil when it did not. On a goroutine of its own a panic would end the service:
// whoever waits for f panics with the error instead, and so ends the one command that it happened in.
func Contain(f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	f()
	return nil
}
