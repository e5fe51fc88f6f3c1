//go:build linux || darwin

package server

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"mixtab/engine/weights"
)

// A pipe in the place of a manifest would keep a server that starts waiting for ever, and
// deaf to signals.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, weights.ManifestPath)
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := New(context.Background(), Config{Packs: map[string]Store{"a": Files(os.DirFS(dir))}})
		failed <- err
	}()
	for {
		select {
		case err := <-failed:
			if err == nil || !strings.Contains(err.Error(), "not a file") {
				t.Errorf("got %v", err)
			}
			return
		default:
			// To open this end is possible only when somebody waits at the other.
			if f, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
				f.Close()
				<-failed
				t.Fatal("the pipe was opened")
			}
		}
	}
}
