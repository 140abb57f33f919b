package local

import "syscall"

// dieWithParent makes a child end when its parent does, even by SIGKILL, and keeps a terminal's Ctrl-C from it: its parent ends it.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
