package workerd

import (
	"errors"
	"strings"
	"time"

	"github.com/prometheus/procfs"
)

// Process is the process of the runtime, with the simulation of R2 in it.
type Process struct{ proc procfs.Proc }

// Process finds it. Only Linux tells.
func (s *Site) Process() (Process, error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return Process{}, err
	}
	for _, proc := range all {
		stat, err := proc.Stat() // an error is of one that has ended meanwhile
		if err == nil && stat.PPID == s.node.Process.Pid && strings.HasPrefix(stat.Comm, "workerd") {
			return Process{proc}, nil
		}
	}
	return Process{}, errors.New("no workerd was found under /proc")
}

// RSS is the memory that the process has.
func (p Process) RSS() (int64, error) {
	status, err := p.proc.NewStatus()
	return int64(status.VmRSS), err
}

// CPU is the time that the process has computed, in steps of 10 ms.
func (p Process) CPU() (time.Duration, error) {
	stat, err := p.proc.Stat()
	return time.Duration(stat.CPUTime() * float64(time.Second)), err
}
