package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"mixtab/engine/weights"
)

// child is the publisher in a process of its own.
func child(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "MIXTAB_TEST_PUBLISH=1")
	return cmd
}

// whole checks, on the server's disk, that a reader would find a whole pack, and returns
// the pack's name; "" if there is no manifest yet.
func (s *realStore) whole(t *testing.T, prefix string) string {
	t.Helper()
	dir := filepath.Join(s.data, "weights", prefix)
	text, err := os.ReadFile(filepath.Join(dir, weights.ManifestPath))
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	} else if err != nil {
		t.Fatal(err)
	}
	m, err := weights.ParseManifest(text)
	if err != nil {
		t.Fatalf("the published manifest: %v", err)
	}
	for _, shard := range m.Shards {
		data, err := os.ReadFile(filepath.Join(dir, weights.ShardPath(shard.SHA256)))
		if err != nil {
			t.Fatalf("the published manifest names a shard that is not there: %v", err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != shard.SHA256 {
			t.Fatalf("the published shard %s has other bytes", shard.SHA256)
		}
	}
	return m.Name
}

// A publisher that is killed, wherever it is, leaves the old pack whole. The next one goes
// on, sends nothing that had arrived, and at the end nothing is there but the two packs.
func TestKilled(t *testing.T) {
	t.Parallel()
	s := newRealStore(t)
	first, second := newPack(t, 1), newPack(t, 2)
	args := func(dir string) []string {
		return []string{"-pack", dir, "-to", target, "-endpoint", s.url, "-parallel", "4"}
	}
	start(t.Context(), args(first)...).want(t, 0, "published")
	s.forget()
	s.pace = 20 * time.Millisecond

	l, err := openLocal(second, "test")
	if err != nil {
		t.Fatal(err)
	}
	kills, amid := 0, 0
	excused := map[string]bool{} // were in flight at a kill, so that nobody knew whether they arrive
	for {
		cmd := child(args(second)...)
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// At first early, then at any time of what a run may take.
		killed := make(chan struct{})
		kill := time.AfterFunc(time.Duration(rand.Int64N(int64(100*time.Millisecond)))+time.Duration(kills)*10*time.Millisecond, func() {
			defer close(killed)
			cmd.Process.Kill()
			for _, path := range s.inFlight() {
				excused[path] = true
			}
		})
		err := cmd.Wait()
		if !kill.Stop() {
			<-killed
		}
		name := s.whole(t, "packs/test")
		if err == nil {
			if name != "test 2" {
				t.Fatalf("the publisher has ended well, and the bucket has %q", name)
			}
			break
		}
		if said.Len() > 0 {
			t.Fatalf("%v: %s", err, &said)
		}
		if name != "test 1" && name != "test 2" {
			t.Fatalf("after kill %d the bucket has %q", kills, name)
		}
		s.mu.Lock()
		if n := len(s.puts); n > 0 && n < len(l.all()) {
			amid++
		}
		s.mu.Unlock()
		if kills++; kills > 60 {
			t.Fatal("it never ends")
		}
	}
	if amid < 3 {
		t.Fatalf("only %d of %d kills came while something was being sent", amid, kills)
	}
	for path, n := range s.puts {
		if n > 1 && !excused[path] {
			t.Errorf("%s was sent again after it had arrived", path)
		}
	}
	var size int64
	for _, f := range l.all() {
		size += f.size
	}
	if most := size + int64(4*kills)*256<<10; s.sent > most {
		t.Errorf("%d bytes were sent for a pack of %d, with %d kills", s.sent, size, kills)
	}
	t.Logf("%d kills, %d of them amid; %.2f MB sent of %.2f", kills, amid, float64(s.sent)/1e6, float64(size)/1e6)

	there := len(s.objects(t))
	old, err := openLocal(first, "test")
	if err != nil {
		t.Fatal(err)
	}
	distinct := map[string]bool{}
	for _, f := range append(old.all(), l.all()...) {
		distinct[f.name] = true
	}
	if there != len(distinct) {
		t.Errorf("%d objects in the bucket, %d in the packs", there, len(distinct))
	}
	start(t.Context(), append(args(second), "-verify=download", "-prune", "0s")...).want(t, 0, "all of which were there")
	if there := len(s.objects(t)); there != len(l.all()) {
		t.Errorf("%d objects after pruning, %d in the pack", there, len(l.all()))
	}
}

// Two publishers of one pack at once share the work, and do not harm it.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	s := newRealStore(t)
	dir := newPack(t, 1)
	s.pace = 10 * time.Millisecond
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			cmd := child("-pack", dir, "-to", target, "-endpoint", s.url, "-parallel", "2")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	both.Wait()
	if s.whole(t, "packs/test") != "test 1" {
		t.Error("the pack is not there")
	}
	puts := 0
	for _, n := range s.puts {
		puts += n
	}
	if objects := len(s.objects(t)); puts > objects*3/2 {
		t.Errorf("%d objects were sent for %d", puts, objects)
	}
}
