//go:build linux || darwin

package packdir

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the file for this process until it is closed; false if another has it.
// A file system that knows no locks stands in nobody's way.
func tryLock(f *os.File) bool {
	return !errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
