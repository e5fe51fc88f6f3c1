package box

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// sendToUnix has the kernel copy a part of a file to a unix socket, behind which a proxy
// is. Package net does so for TCP only. What is no file of a system that can is not
// handled, and nothing of it is read.
func sendToUnix(c *net.UnixConn, src io.Reader) (n int64, handled bool, err error) {
	part, ok := src.(*io.LimitedReader)
	if !ok {
		return 0, false, nil
	}
	file, ok := part.R.(*os.File)
	if !ok {
		return 0, false, nil
	}
	from, err := file.SyscallConn()
	if err != nil {
		return 0, false, nil
	}
	to, err := c.SyscallConn()
	if err != nil {
		return 0, true, err
	}
	var sendErr, waitErr error
	err = from.Control(func(in uintptr) {
		waitErr = to.Write(func(out uintptr) (done bool) {
			done, sendErr = sendPart(int(out), int(in), part, &n)
			return done // if not, to.Write calls again when the socket has room, until its deadline
		})
	})
	if n == 0 && (errors.Is(sendErr, syscall.EINVAL) || errors.Is(sendErr, syscall.ENOSYS)) {
		return 0, false, nil
	}
	for _, e := range []error{sendErr, waitErr} {
		if err == nil {
			err = e
		}
	}
	return n, true, err
}

// sendPart sends until the socket is full, which is not done, or the part or its file ends.
func sendPart(out, in int, part *io.LimitedReader, n *int64) (done bool, err error) {
	for part.N > 0 {
		k, err := syscall.Sendfile(out, in, nil, int(part.N))
		if k > 0 {
			*n += int64(k)
			part.N -= int64(k)
		}
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return false, nil
		case err != nil:
			return true, os.NewSyscallError("sendfile", err)
		case k == 0:
			return true, nil
		}
	}
	return true, nil
}
