package main

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// In a process of its own, as the server has it: memory that other tests have used before
// would have to be cleared, and so touched.
func TestHeapFloor(t *testing.T) {
	const alone = "MIXTAB_TEST_HEAP_FLOOR"
	if os.Getenv(alone) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestHeapFloor$")
		cmd.Env = append(os.Environ(), alone+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
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
