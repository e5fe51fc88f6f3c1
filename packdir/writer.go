package packdir

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"mixtab/engine/weights"
)

// journalPath is there while a pack is being written, and only then. Its first line
// says what is being packed; each further one is a shard that is complete.
const journalPath = "pack.journal"

// A Writer writes a pack into a folder: shards in any order and from any goroutine,
// the manifest last. What it leaves behind when it is interrupted, the next Writer
// with the same identity continues.
type Writer struct {
	dir     string
	dry     bool // the folder holds a complete pack: compare, do not write
	written func(*os.File, []byte) (int, error)

	mu      sync.Mutex
	journal *os.File
	done    map[int]journalLine
	present map[string]bool // shards of the complete pack
	old     []byte          // its manifest
	reused  int
}

type journalLine struct {
	Identity string `json:"identity,omitempty"`
	Shard    int    `json:"shard"`
	SHA256   string `json:"sha256,omitempty"`
	Bytes    int64  `json:"bytes,omitempty"`
}

// Create prepares a folder. It must be new, empty, or hold the unfinished or complete
// pack of the same identity, a string that says all that the pack is made of. A
// complete pack does not know its identity; there Put and Finish compare bytes, and
// same decides at once by what the manifest tells.
func Create(dir, identity string, same func(*weights.Manifest) bool) (*Writer, error) {
	w := &Writer{dir: dir, done: map[int]journalLine{}, present: map[string]bool{}, written: (*os.File).Write}
	if err := w.begin(same); err != nil {
		return nil, err
	}
	if w.dry {
		return w, nil
	}
	if err := os.MkdirAll(w.path("shards"), 0o777); err != nil {
		return nil, w.fail(err)
	}
	if err := w.openJournal(identity); err != nil {
		if w.journal != nil {
			w.journal.Close()
		}
		return nil, w.fail(err)
	}
	return w, nil
}

// openJournal makes this the only Writer of the folder, and takes up what an earlier one
// has left.
func (w *Writer) openJournal(identity string) (err error) {
	w.journal, err = os.OpenFile(w.path(journalPath), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o666)
	if err != nil {
		return err
	}
	if !tryLock(w.journal) {
		return fmt.Errorf("%s: another command is packing into it: wait for its end, or choose another folder", w.dir)
	}
	journal, err := io.ReadAll(w.journal)
	if err != nil {
		return err
	}
	if _, err := os.Stat(w.path(weights.ManifestPath)); err == nil && len(journal) == 0 {
		os.Remove(w.path(journalPath)) // it is ours: a pack was finished between begin and here
		return fmt.Errorf("%s: another command has just packed into it: run the same command again", w.dir)
	}
	if err := w.resume(journal, identity); err != nil {
		return err
	}
	if n := len(journal); n > 0 && journal[n-1] != '\n' {
		_, err = w.journal.WriteString("\n") // a torn line would swallow the next one
	}
	if err == nil && !bytes.Contains(journal, []byte("\n")) {
		err = w.note(journalLine{Identity: identity, Shard: -1})
	}
	return err
}

// begin looks at the folder: a journal, a complete pack, or nothing at all.
func (w *Writer) begin(same func(*weights.Manifest) bool) error {
	if info, err := os.Stat(w.dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s: is a file: choose a new or an empty folder", w.dir)
	}
	if _, err := os.Stat(w.path(journalPath)); err == nil {
		return nil
	}
	old, err := os.ReadFile(w.path(weights.ManifestPath))
	if err == nil {
		m, err := weights.ParseManifest(old)
		if err != nil || !same(m) {
			return w.other()
		}
		w.dry, w.old = true, old
		for _, s := range m.Shards {
			w.present[s.SHA256] = true
		}
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	entries, err := os.ReadDir(w.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name()[0] != '.' { // .keep, .DS_Store
			return fmt.Errorf("%s: holds %s and no pack: choose a new or an empty folder", w.dir, e.Name())
		}
	}
	return nil
}

func (w *Writer) resume(journal []byte, identity string) error {
	for line := range bytes.SplitSeq(journal, []byte("\n")) {
		var l journalLine
		if json.Unmarshal(line, &l) != nil {
			continue // torn when the writer was interrupted
		}
		switch {
		case l.Identity == "" && l.Shard >= 0:
			w.done[l.Shard] = l
		case l.Identity != identity:
			return fmt.Errorf("%s: holds an unfinished pack of another checkpoint or format: choose another folder, or remove this one", w.dir)
		}
	}
	// What was being written at the end of the last run.
	left, err := filepath.Glob(filepath.Join(w.dir, "shards", tempPrefix+"*"))
	for _, f := range left {
		os.Remove(f)
	}
	return err
}

// Dry reports whether the folder already holds a complete pack, which is then compared
// and not written.
func (w *Writer) Dry() bool { return w.dry }

// Reused is the number of shards that were there already.
func (w *Writer) Reused() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reused
}

// Done returns the name of a shard that an earlier run has completed, after reading it
// again; ok is false if it must be put.
func (w *Writer) Done(ctx context.Context, shard int, size int64) (name string, ok bool) {
	w.mu.Lock()
	l, noted := w.done[shard]
	w.mu.Unlock()
	if !noted || l.Bytes != size || len(l.SHA256) != 64 || strings.ContainsAny(l.SHA256, `/\.`) {
		return "", false
	}
	f, err := os.Open(w.path(weights.ShardPath(l.SHA256)))
	if err != nil {
		return "", false
	}
	defer f.Close()
	if got, err := hashAll(ctx, f, func([]byte) {}); err != nil || got != l.SHA256 {
		return "", false
	}
	w.mu.Lock()
	w.reused++
	w.mu.Unlock()
	return l.SHA256, true
}

// Put stores a shard and returns its name.
func (w *Writer) Put(shard int, data []byte) (string, error) {
	sum := sha256.Sum256(data)
	name := hex.EncodeToString(sum[:])
	if w.dry {
		if !w.present[name] {
			return "", w.other()
		}
		w.mu.Lock()
		w.reused++
		w.mu.Unlock()
		// Its file may be gone or damaged, though: then it is written anew.
		if f, err := os.Open(w.path(weights.ShardPath(name))); err == nil {
			defer f.Close()
			if got, err := hashAll(context.Background(), f, func([]byte) {}); err == nil && got == name {
				return name, nil
			}
		}
	}
	if err := w.writeFile(weights.ShardPath(name), data); err != nil {
		return "", err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.journal == nil {
		return name, nil
	}
	return name, w.fail(w.note(journalLine{Shard: shard, SHA256: name, Bytes: int64(len(data))}))
}

// Finish writes the tokenizer, if there is one, and the manifest: the pack is complete.
func (w *Writer) Finish(manifest *weights.Manifest, tokenizer []byte) error {
	raw, err := manifest.Marshal()
	if err != nil {
		return err
	}
	if w.dry && !bytes.Equal(raw, w.old) {
		return w.other()
	}
	if tokenizer != nil {
		if err := w.writeFile(manifest.Tokenizer.File, tokenizer); err != nil {
			return err
		}
	}
	if w.dry {
		return nil
	}
	// The shards' names must be on the disk before the manifest that counts on them.
	if d, err := os.Open(w.path("shards")); err == nil {
		d.Sync()
		d.Close()
	}
	if err := w.writeFile(weights.ManifestPath, raw); err != nil {
		return err
	}
	w.Close()
	if err := os.Remove(w.path(journalPath)); !errors.Is(err, fs.ErrNotExist) {
		return w.fail(err)
	}
	return nil
}

// Close leaves the pack as it is, to be continued or, after Finish, to be used.
func (w *Writer) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.journal != nil {
		w.journal.Close()
		w.journal = nil
	}
}

const tempPrefix = ".tmp-"

func (w *Writer) writeFile(name string, data []byte) error {
	return w.fail(writeFile(w.path(name), data, w.written))
}

// WriteFile makes a file appear complete or not at all, also if the power fails.
func WriteFile(path string, data []byte) error {
	return writeFile(path, data, (*os.File).Write)
}

func writeFile(path string, data []byte, write func(*os.File, []byte) (int, error)) error {
	f, err := os.CreateTemp(filepath.Dir(path), tempPrefix+"*")
	if err != nil {
		return err
	}
	n, err := write(f, data)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Chmod(0o644) // CreateTemp's 0600 would hide the pack from a server
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

func (w *Writer) note(l journalLine) error {
	b, err := json.Marshal(l)
	if err == nil {
		_, err = w.journal.Write(append(b, '\n'))
	}
	return err
}

func (w *Writer) path(name string) string { return filepath.Join(w.dir, filepath.FromSlash(name)) }

func (w *Writer) other() error {
	return fmt.Errorf("%s: already holds another pack: choose another folder, or remove this one", w.dir)
}

// fail puts the remedy to an error of the file system.
func (w *Writer) fail(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%s: the disk is full: free some space and run the same command again, it continues where it stopped (%w)", w.dir, syscall.ENOSPC)
	}
	return err
}
