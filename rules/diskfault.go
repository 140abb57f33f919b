package rules

import (
	"errors"
	"syscall"
)

// DiskFull is how a person is told that nothing can be written any more, behind what was to be written.
const DiskFull = ": the disk is full"

// DiskFault returns why something could not be written, to stand behind that for a person: DiskFull, or what else the operating system said,
// which names no file. It is "" when the cause is none of the operating system's.
func DiskFault(cause error) string {
	errno, ok := errors.AsType[syscall.Errno](cause)
	switch {
	case !ok:
		return ""
	case errno == syscall.ENOSPC, errno == syscall.EDQUOT:
		return DiskFull
	default:
		return ": " + errno.Error()
	}
}
