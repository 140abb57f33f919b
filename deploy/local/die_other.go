//go:build !linux

package local

import "syscall"

// dieWithParent cannot be had here: a child outlives a parent that is killed.
func dieWithParent() *syscall.SysProcAttr { return nil }
