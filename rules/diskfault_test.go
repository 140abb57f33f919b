package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"
)

func TestDiskFault(t *testing.T) {
	t.Parallel()
	within := func(cause error) error {
		return fmt.Errorf("committing: %w", errors.Join(errors.New("no lock"), &fs.PathError{Op: "write", Path: "/secret", Err: cause}))
	}
	for _, test := range []struct {
		name  string
		cause error
		want  string
	}{
		{"a full disk", within(syscall.ENOSPC), ": the disk is full"},
		{"a quota", within(syscall.EDQUOT), ": the disk is full"},
		{"a broken disk", within(syscall.EIO), ": input/output error"},
		{"a read-only disk", within(syscall.EROFS), ": read-only file system"},
		{"something else", within(errors.New("no")), ""},
		{"nothing", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := DiskFault(test.cause); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
