package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func TestHeapFloor(t *testing.T) {
	before := residentPages(t)
	floor := heapFloor()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.NextGC < 2*uint64(len(floor)) {
		t.Errorf("the collector runs at %d bytes, with a floor of %d", m.NextGC, len(floor))
	}
	if grown := (residentPages(t) - before) * os.Getpagesize(); grown > len(floor)/4 {
		t.Errorf("%d bytes more are resident: the floor takes memory", grown)
	}
	runtime.KeepAlive(floor)
}

func residentPages(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skipf("no figures of memory: %v", err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages
}
