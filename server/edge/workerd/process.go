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

// A CPU is time that was computed, in steps of 10 ms.
type CPU struct {
	All      time.Duration // by the whole process
	Isolates time.Duration // by the thread that runs all isolates; in others V8 optimises code meanwhile
}

// CPU is what the process has computed since its start.
func (p Process) CPU() (CPU, error) {
	all, err := p.proc.Stat()
	if err != nil {
		return CPU{}, err
	}
	thread, err := p.proc.Thread(p.proc.PID)
	if err != nil {
		return CPU{}, err
	}
	first, err := thread.Stat()
	seconds := func(s procfs.ProcStat) time.Duration { return time.Duration(s.CPUTime() * float64(time.Second)) }
	return CPU{seconds(all), seconds(first)}, err
}
