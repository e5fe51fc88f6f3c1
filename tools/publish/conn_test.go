package main

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// A connection breaks when nothing moves, and not while something does: neither the
// answer that is slow to come while a body is sent, nor the one that comes slowly.
func TestStall(t *testing.T) {
	const stall = 600 * time.Millisecond
	for _, tt := range []struct {
		name string
		move func(ours, theirs net.Conn) error
	}{
		{"sending", func(ours, theirs net.Conn) error {
			go io.ReadFull(theirs, make([]byte, 1))
			_, err := ours.Write([]byte{1})
			return err
		}},
		{"receiving", func(_, theirs net.Conn) error {
			_, err := theirs.Write([]byte{1})
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			near, far := net.Pipe()
			defer far.Close()
			ours := &conn{near, stall}
			ended := make(chan error, 1)
			go func() {
				_, err := io.Copy(io.Discard, ours)
				ended <- err
			}()
			for range 12 {
				time.Sleep(stall / 6)
				if err := tt.move(ours, far); err != nil {
					t.Fatal(err)
				}
			}
			select {
			case err := <-ended:
				t.Fatalf("it ended while something moved: %v", err)
			default:
			}
			select {
			case err := <-ended:
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatal(err)
				}
			case <-time.After(20 * stall):
				t.Fatal("it did not end when nothing moved")
			}
		})
	}
}
