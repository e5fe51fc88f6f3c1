//go:build !linux

package main

import (
	"errors"
	"syscall"
)

func discard(syscall.RawConn, int) (int, error) {
	return 0, errors.New("the servers are measured through Linux's /proc: run this on Linux")
}
