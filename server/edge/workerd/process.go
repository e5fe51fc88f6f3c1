package workerd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Process is the process of the runtime, with the simulation of R2 in it.
type Process struct{ dir string }

// Process finds it. Only Linux tells.
func (s *Site) Process() (Process, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return Process{}, err
	}
	for _, name := range stats {
		dir := filepath.Dir(name)
		fields, err := statOf(dir)
		if err == nil && fields[1] == strconv.Itoa(s.node.Process.Pid) && strings.HasPrefix(command(dir), "workerd") {
			return Process{dir}, nil
		}
	}
	return Process{}, errors.New("no workerd was found under /proc")
}

func command(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil {
		return ""
	}
	return string(text)
}

// statOf are the fields of stat behind the command's name, which may have spaces in it.
func statOf(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return nil, fmt.Errorf("%s/stat: %.80q", dir, text)
	}
	return fields, nil
}

// RSS is the memory that the process has.
func (p Process) RSS() (int64, error) {
	text, err := os.ReadFile(filepath.Join(p.dir, "status"))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kb, _, found := strings.Cut(rest, " kB")
	if !found {
		return 0, errors.New("no VmRSS in " + p.dir + "/status")
	}
	n, err := strconv.ParseInt(strings.TrimSpace(kb), 10, 64)
	return n << 10, err
}

// CPU is the time that the process has computed, in steps of 10 ms.
func (p Process) CPU() (time.Duration, error) {
	fields, err := statOf(p.dir)
	if err != nil {
		return 0, err
	}
	var ticks int64
	for _, f := range fields[11:13] { // in user mode and in the kernel
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}
