//go:build !linux

package box

import "net"

// unsent does not know, and lets every connection linger.
func unsent(net.Conn) bool { return true }
