//go:build linux || darwin

package packdir

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"mixtab/engine/weights"
)

// Of two commands that pack into one folder at once, the later one is refused and
// changes nothing.
func TestTwoWriters(t *testing.T) {
	dir := t.TempDir()
	plan, shards := made(t)
	first, err := create(dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, "shards", tempPrefix+"1")
	if err := os.WriteFile(half, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	want := dir + ": another command is packing into it: wait for its end, or choose another folder"
	for _, identity := range []string{"a", "b"} {
		if _, err := create(dir, identity); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", identity, err, want)
		}
	}
	if _, err := os.Stat(half); err != nil {
		t.Error("the refused command took away what the other is writing:", err)
	}
	var names []string
	for i, s := range shards {
		name, err := first.Put(i, s)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	m := plan.Manifest(names)
	m.Name = "a"
	if err := first.Finish(m, nil); err != nil {
		t.Fatal(err)
	}
	// The later one looked before the end of the first, and opens its journal behind it.
	if err := os.WriteFile(filepath.Join(dir, journalPath), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	want = dir + ": another command has just packed into it: run the same command again"
	if _, err := create(dir, "b"); err == nil || err.Error() != want {
		t.Errorf("b: got %v, want %s", err, want)
	}
	if w, err := create(dir, "a"); err != nil || !w.Dry() {
		t.Errorf("after its end: %v", err)
	}
}

// A pipe would keep whoever opens it waiting for ever.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	m := write(t, dir)
	name := filepath.Join(dir, weights.ShardPath(m.Shards[0].SHA256))
	if err := errors.Join(os.Remove(name), syscall.Mkfifo(name, 0o644)); err != nil {
		t.Fatal(err)
	}
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(t.Context(), nil); err == nil || err.Error() != name+": is no plain file: pack or download the model again" {
		t.Errorf("got %v", err)
	}
}
