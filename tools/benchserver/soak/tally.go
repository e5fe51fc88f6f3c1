package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// A tally counts what clients saw.
type tally struct {
	mu        sync.Mutex
	responses int64            // that were checked and right
	bytes     int64            // of their bodies
	refused   int64            // before a response began, or by a status that says to come again
	faults    map[string]int64 // by kind
	wrong     []string         // what must not be, the first of it
	wrongs    int64
}

func newTally() *tally { return &tally{faults: make(map[string]int64)} }

func (t *tally) right(bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.responses++
	t.bytes += bytes
}

func (t *tally) refuse() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused++
}

func (t *tally) fault(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults[kind]++
}

func (t *tally) bad(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wrongs++; len(t.wrong) < 10 {
		t.wrong = append(t.wrong, fmt.Sprintf(format, args...))
	}
}

// err says what must not be, and is nil where all is well.
func (t *tally) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wrongs == 0 {
		return nil
	}
	return fmt.Errorf("%d wrong answers:\n%s", t.wrongs, strings.Join(t.wrong, "\n"))
}

func (t *tally) kinds() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(t.faults)) {
		all = append(all, fmt.Sprintf("%s %d", kind, t.faults[kind]))
	}
	return strings.Join(all, ", ")
}
