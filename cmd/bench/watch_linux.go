package main

import (
	"errors"
	"syscall"
	"unsafe"
)

// watch returns how often a file in one of the directories is opened, written, made, renamed, removed or given other attributes while do
// is done. To read a directory itself does not count.
func watch(dirs []string, do func() error) (seen int, err error) {
	fd, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, syscall.Close(fd)) }()
	const all = syscall.IN_OPEN | syscall.IN_ACCESS | syscall.IN_MODIFY | syscall.IN_ATTRIB | syscall.IN_CREATE | syscall.IN_DELETE | syscall.IN_MOVE
	for _, dir := range dirs {
		if _, err := syscall.InotifyAddWatch(fd, dir, all); err != nil {
			return 0, err
		}
	}
	if err := do(); err != nil {
		return 0, err
	}
	buffer := make([]byte, 1<<20)
	for {
		n, err := syscall.Read(fd, buffer)
		if errors.Is(err, syscall.EAGAIN) {
			return seen, nil
		}
		if err != nil {
			return 0, err
		}
		for at := 0; at < n; {
			event := (*syscall.InotifyEvent)(unsafe.Pointer(&buffer[at])) //nolint:gosec // the kernel wrote one there
			if event.Mask&syscall.IN_Q_OVERFLOW != 0 || event.Len > 0 {   // events of the directory itself have no name
				seen++
			}
			at += syscall.SizeofInotifyEvent + int(event.Len)
		}
	}
}
