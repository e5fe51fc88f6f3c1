package box

import (
	"net"
	"syscall"
	"unsafe"
)

// unsent says whether the system holds bytes that the peer of c has not acknowledged.
func unsent(c net.Conn) bool {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	var bytes int32
	err = raw.Control(func(fd uintptr) {
		syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&bytes)))
	})
	return err == nil && bytes > 0
}
