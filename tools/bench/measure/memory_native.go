//go:build !js

package measure

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// A gauge follows the memory of this process until its context ends. Linux tells what is
// the process's own and what are mapped files, which may go at any time; elsewhere the
// figures are 0.
type gauge struct {
	mu     sync.Mutex
	memory memory
}

func startGauge(ctx context.Context) *gauge {
	g := new(gauge)
	go func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			g.read(ctx)
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	}()
	return g
}

// read is the memory until now.
func (g *gauge) read(context.Context) (memory, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		m := parseStatus(status)
		g.memory.peak = max(g.memory.peak, m.peak)
		g.memory.mapped = max(g.memory.mapped, m.mapped)
	}
	return g.memory, nil
}

// parseStatus reads a /proc/…/status.
func parseStatus(status []byte) memory {
	var m memory
	for line := range bytes.Lines(status) {
		fields := bytes.Fields(line)
		if len(fields) != 3 {
			continue
		}
		kB, _ := strconv.ParseInt(string(fields[1]), 10, 64)
		switch string(fields[0]) {
		case "RssAnon:", "RssShmem:":
			m.peak += kB << 10
		case "RssFile:":
			m.mapped += kB << 10
		}
	}
	return m
}

// goHeap is what Go holds of the system's memory.
func goHeap() uint64 {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return mem.Sys
}
