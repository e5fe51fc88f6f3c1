package main

import (
	"context"
	"os"
	"path/filepath"
)

// tunings keep what was measured about GPUs in the user's cache folder. Without such a
// folder, or without room in it, it is measured again.
type tunings struct{ dir string }

func openTunings() tunings {
	cache, err := os.UserCacheDir()
	if err != nil {
		return tunings{}
	}
	return tunings{filepath.Join(cache, "mixtab", "tunings")}
}

func (t tunings) file(key string) string { return filepath.Join(t.dir, key+".json") }

// Load implements engine.Tunings.
func (t tunings) Load(_ context.Context, key string) ([]byte, bool) {
	if t.dir == "" {
		return nil, false
	}
	value, err := os.ReadFile(t.file(key))
	return value, err == nil
}

// Save implements engine.Tunings. A file is there as a whole or not at all.
func (t tunings) Save(_ context.Context, key string, value []byte) {
	if t.dir == "" || os.MkdirAll(t.dir, 0o755) != nil {
		return
	}
	f, err := os.CreateTemp(t.dir, "new-*")
	if err != nil {
		return
	}
	_, err = f.Write(value)
	if closed := f.Close(); err == nil && closed == nil {
		err = os.Rename(f.Name(), t.file(key))
	}
	if err != nil {
		os.Remove(f.Name())
	}
}
