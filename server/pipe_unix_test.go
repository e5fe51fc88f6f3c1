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
	mkfifo(t, pipe)
	unopened(t, pipe, func() {
		_, err := New(context.Background(), Config{Packs: map[string]Store{"a": Files(os.DirFS(dir))}})
		if err == nil || !strings.Contains(err.Error(), "not a file") {
			t.Errorf("got %v", err)
		}
	})
}

// One in the place of a shard, under a running server, would keep its request.
func TestPipeInPlaceOfAShard(t *testing.T) {
	dir := t.TempDir()
	pack := testPack(t)
	if err := os.CopyFS(dir, pack); err != nil {
		t.Fatal(err)
	}
	h := newHandler(t, Config{Packs: map[string]Store{"test": Files(os.DirFS(dir))}})
	path, _ := shardOf(t, pack)
	pipe := filepath.Join(dir, strings.TrimPrefix(path, "/packs/test/"))
	if err := os.Remove(pipe); err != nil {
		t.Fatal(err)
	}
	mkfifo(t, pipe)
	unopened(t, pipe, func() { exchange{path: path, wantStatus: 502, wantBody: "*"}.run(t, h) })
}

func mkfifo(t *testing.T, name string) {
	t.Helper()
	if err := syscall.Mkfifo(name, 0o644); err != nil {
		t.Fatal(err)
	}
}

// unopened fails where do waits for the other end of a pipe.
func unopened(t *testing.T, pipe string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	for {
		select {
		case <-done:
			return
		default:
			// To open this end is possible only when somebody waits at the other.
			if f, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
				f.Close()
				<-done
				t.Fatal("the pipe was opened")
			}
		}
	}
}
