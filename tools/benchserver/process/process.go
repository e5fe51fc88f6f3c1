// Package process starts the servers that are measured, as programs of their own, and
// reads what the kernel says of them in /proc: processor time, memory, descriptors.
package process

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
)

// A Server is a running program that listens.
type Server struct {
	cmd    *exec.Cmd
	output *tail
	done   chan struct{} // closed when the program has ended
	err    error         // how it ended
}

// Options change how a program is started.
type Options struct {
	Env   []string // beside the environment of this process, as in NAME=value
	Files int      // the most descriptors that it may have open; as many as this process may, if 0
}

// Start starts a program and waits until it takes connections at all of the addresses.
func Start(ctx context.Context, o Options, addrs []string, name string, args ...string) (*Server, error) {
	if o.Files > 0 {
		// Go programs raise the soft limit by themselves, so the hard one has to come down too.
		args = append([]string{"-c", fmt.Sprintf(`ulimit -n %d; exec "$0" "$@"`, o.Files), name}, args...)
		name = "/bin/sh"
	}
	s := &Server{cmd: exec.CommandContext(ctx, name, args...), output: &tail{}, done: make(chan struct{})}
	s.cmd.Env = append(os.Environ(), o.Env...)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	s.cmd.WaitDelay = time.Second // nginx's workers hold our end of the pipe for a moment longer
	s.cmd.SysProcAttr = dieWithParent()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.done)
	}()
	for _, addr := range addrs {
		if err := s.await(ctx, addr); err != nil {
			s.cmd.Process.Kill()
			<-s.done
			return nil, fmt.Errorf("%s: %w\n%s", s.cmd, err, s.output)
		}
	}
	return s, nil
}

func (s *Server) await(ctx context.Context, addr string) error {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		select {
		case <-s.done:
			return fmt.Errorf("ended before it listened: %w", s.err)
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		c, err := net.Dial("tcp", addr)
		if err == nil {
			return c.Close()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("does not listen on %s", addr)
		}
	}
}

// Signal sends a signal to the program.
func (s *Server) Signal(sig os.Signal) error { return s.cmd.Process.Signal(sig) }

// Done is closed when the program has ended.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop asks the program to end and waits until it has. One that ends otherwise than asked
// is an error, with the last of what it said. A second signal ends mixtab-server at once.
func (s *Server) Stop() error {
	if err := s.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return s.Wait()
}

// Wait waits until a program that has been asked to end has done so.
func (s *Server) Wait() error {
	select {
	case <-s.done:
	case <-time.After(30 * time.Second):
		s.cmd.Process.Kill()
		<-s.done
		return fmt.Errorf("%s did not end within 30 s of SIGTERM\n%s", s.cmd.Path, s.output)
	}
	if s.err != nil {
		return fmt.Errorf("%s: %w\n%s", s.cmd.Path, s.err, s.output)
	}
	return nil
}

// Output is the last of what the program wrote.
func (s *Server) Output() string { return s.output.String() }

// FreeAddr returns a loopback address that nothing listens on. It is none of those that
// the system gives to connections, or another program could get it before ours does.
func FreeAddr() (string, error) {
	var last error
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000)))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
		last = err
	}
	return "", last
}

// Usage is what a program and its children have used and hold.
type Usage struct {
	CPU   time.Duration // since the start, in user and kernel mode
	RSS   int64         // resident bytes, pages that processes share counted in each
	Peak  int64         // the most that RSS has been, summed over processes
	Files int           // open descriptors
}

// Usage reads /proc.
func (s *Server) Usage() (Usage, error) {
	pids, err := family(s.cmd.Process.Pid)
	if err != nil {
		return Usage{}, err
	}
	var u Usage
	for _, pid := range pids {
		one, err := usage(pid)
		if err != nil {
			return u, err
		}
		u.CPU += one.CPU
		u.RSS += one.RSS
		u.Peak += one.Peak
		u.Files += one.Files
	}
	return u, nil
}

// family lists a process and its children.
func family(pid int) ([]int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil, err
	}
	pids := []int{pid}
	for _, child := range strings.Fields(string(text)) {
		n, err := strconv.Atoi(child)
		if err != nil {
			return nil, err
		}
		pids = append(pids, n)
	}
	return pids, nil
}

func usage(pid int) (Usage, error) {
	proc, err := procfs.NewProc(pid)
	if err != nil {
		return Usage{}, err
	}
	stat, err := proc.Stat()
	if err != nil {
		return Usage{}, err
	}
	status, err := proc.NewStatus()
	if err != nil {
		return Usage{}, err
	}
	files, err := proc.FileDescriptorsLen()
	return Usage{
		CPU: time.Duration(stat.CPUTime() * float64(time.Second)), RSS: int64(status.VmRSS), Peak: int64(status.VmHWM), Files: files,
	}, err
}

// A tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	const most = 8 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if cut := len(t.text) - most; cut > 0 {
		t.text = append(t.text[:0], t.text[cut:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
