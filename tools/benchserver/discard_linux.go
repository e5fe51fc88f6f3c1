package main

import "syscall"

// discard drops up to most bytes that a TCP connection has received. MSG_TRUNC tells Linux
// not to copy them, so that the client takes little of the processor time that it shares
// with the server. It returns 0 at the end of the stream.
func discard(conn syscall.RawConn, most int) (int, error) {
	var n int
	var err error
	unused := scratch[:min(most, len(scratch))]
	outer := conn.Read(func(fd uintptr) bool {
		for {
			n, _, err = syscall.Recvfrom(int(fd), unused, syscall.MSG_TRUNC)
			if err != syscall.EINTR {
				return err != syscall.EAGAIN
			}
		}
	})
	if outer != nil {
		return 0, outer
	}
	return max(n, 0), err
}

// scratch is what all connections "read" into; nothing is ever written there.
var scratch = make([]byte, 1<<20)
