//go:build !linux

package main

import "errors"

func smallDisk(string, int) (unmount func() error, err error) {
	return nil, errors.New("only Linux has them")
}
