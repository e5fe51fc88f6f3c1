package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTunings(t *testing.T) {
	cache := tunings{filepath.Join(t.TempDir(), "mixtab", "tunings")}
	if _, ok := cache.Load(t.Context(), "key"); ok {
		t.Error("an empty cache has something")
	}
	cache.Save(t.Context(), "key", []byte("one"))
	cache.Save(t.Context(), "key", []byte("two"))
	cache.Save(t.Context(), "other", []byte("three"))
	if got, ok := cache.Load(t.Context(), "key"); !ok || string(got) != "two" {
		t.Errorf("got %q, %v", got, ok)
	}
	if files, err := os.ReadDir(cache.dir); err != nil || len(files) != 2 {
		t.Errorf("%d files, %v; want 2", len(files), err)
	}
	none := tunings{filepath.Join(cache.file("key"), "in a file")}
	none.Save(t.Context(), "key", nil)
	if _, ok := none.Load(t.Context(), "key"); ok {
		t.Error("kept where there is no folder")
	}
}
