package main

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// A connection breaks when nothing moves, and not while something does: neither the
// answer that is slow to come while a body is sent, nor the one that comes slowly. Its time
// is not the machine's, which may be too busy to keep it.
func TestStall(t *testing.T) {
	for name, move := range map[string]func(ours, theirs net.Conn) error{
		"sending": func(ours, theirs net.Conn) error {
			go io.ReadFull(theirs, make([]byte, 1))
			_, err := ours.Write([]byte{1})
			return err
		},
		"receiving": func(_, theirs net.Conn) error {
			_, err := theirs.Write([]byte{1})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const stall = 2 * time.Minute
				near, far := net.Pipe()
				defer far.Close()
				ours := &conn{near, stall}
				ended := make(chan error, 1)
				go func() {
					_, err := io.Copy(io.Discard, ours)
					ended <- err
				}()
				for range 12 {
					time.Sleep(stall - time.Second)
					if err := move(ours, far); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				last := time.Now()
				select {
				case err := <-ended:
					t.Fatalf("it ended while something moved: %v", err)
				default:
				}
				if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(last) != stall {
					t.Errorf("it ended after %v of nothing with %v, want %v", time.Since(last), err, stall)
				}
			})
		})
	}
}
