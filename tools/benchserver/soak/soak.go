package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"mixtab/tools/benchserver/process"
)

// A site is a mixtab-server with the pack, and an address to look into it.
type site struct {
	*process.Server
	addr, debug string
}

// start starts the server with the flags that every trial has, and more.
func (e *environment) start(ctx context.Context, o process.Options, more ...string) (*site, error) {
	s := new(site)
	var err error
	if s.addr, err = process.FreeAddr(); err != nil {
		return nil, err
	}
	if s.debug, err = process.FreeAddr(); err != nil {
		return nil, err
	}
	args := append([]string{"-addr", s.addr, "-debug-addr", s.debug, "-pack", "noise=" + e.pack.dir}, more...)
	s.Server, err = process.Start(ctx, o, []string{s.addr, s.debug}, e.server, args...)
	return s, err
}

// held is what a server must not collect over time.
type held struct {
	goroutines, files int
	stacks            string // of the goroutines
}

func (s *site) held(ctx context.Context) (held, error) {
	var h held
	usage, err := s.Usage()
	if err != nil {
		return h, err
	}
	h.files = usage.Files
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.debug+"/debug/pprof/goroutine?debug=1", nil)
	if err != nil {
		return h, err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return h, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return h, err
	}
	h.stacks = string(text)
	if _, err := fmt.Sscanf(h.stacks, "goroutine profile: total %d", &h.goroutines); err != nil {
		return h, fmt.Errorf("%s: %w in %.100q", s.debug, err, h.stacks)
	}
	return h, nil
}

// soak gives a server with and one without TLS clients that are good and clients that are
// not, at the same time, for the time d.
func (e *environment) soak(ctx context.Context, d time.Duration) error {
	plain, err := e.start(ctx, process.Options{})
	if err != nil {
		return err
	}
	secure, err := e.start(ctx, process.Options{}, "-tls-cert", e.cert, "-tls-key", e.key)
	if err != nil {
		return err
	}
	sites := []*site{plain, secure}
	t := newTally()

	// What a server needs once and keeps, it has after the first of each kind.
	for way := range ways {
		c := newClient(way, 200, plain.addr, secure.addr, e.pack, t)
		for range 50 {
			c.once(ctx)
		}
		c.http.CloseIdleConnections()
	}
	time.Sleep(500 * time.Millisecond)
	var before []held
	for _, s := range sites {
		h, err := s.held(ctx)
		if err != nil {
			return err
		}
		before = append(before, h)
	}

	during, stop := context.WithTimeout(ctx, d)
	defer stop()
	var clients sync.WaitGroup
	for n := range 9 {
		clients.Go(func() { newClient(n%ways, n, plain.addr, secure.addr, e.pack, t).run(during) })
	}
	for n := range 16 {
		clients.Go(func() { misbehave(during, n, plain.addr, secure.addr, e.pack, t) })
	}
	clients.Go(func() { flood(during, plain.addr, t) })
	memory := watch(during, sites, t)
	clients.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for i, s := range sites {
		if err := s.settles(ctx, before[i]); err != nil {
			t.bad("%v", err)
		}
		if strings.Contains(s.Output(), "panic") {
			t.bad("a panic in the log:\n%s", s.Output())
		}
		if err := s.Stop(); err != nil {
			t.bad("%v", err)
		}
	}
	e.printf("%d good answers with %.1f GB, all compared; %d refused\n", t.responses, float64(t.bytes)/1e9, t.refused)
	e.printf("faults: %s\n", t.kinds())
	for i, name := range []string{"plain", "TLS"} {
		e.printf("%s: %d goroutines and %d descriptors before; %s\n", name, before[i].goroutines, before[i].files, memory[i])
		if err := memory[i].flat(); err != nil {
			t.bad("%s: %v", name, err)
		}
	}
	if t.responses == 0 || t.refused > t.responses/10 {
		t.bad("%d answers to good clients, and %d refused", t.responses, t.refused)
	}
	return t.err()
}

// settles waits until a server holds no more than before.
func (s *site) settles(ctx context.Context, before held) error {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		now, err := s.held(ctx)
		if err != nil {
			return err
		}
		if now.goroutines <= before.goroutines && now.files <= before.files {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("20 s after the last client %d goroutines and %d descriptors are left, before the first there were %d and %d\n%s",
				now.goroutines, now.files, before.goroutines, before.files, now.stacks)
		}
	}
}

// A course is a server's resident memory over time, in bytes.
type course []int64

// watch reads the memory of servers until ctx ends, and sees that they live.
func watch(ctx context.Context, sites []*site, t *tally) []course {
	courses := make([]course, len(sites))
	for {
		for i, s := range sites {
			usage, err := s.Usage()
			if err != nil {
				t.bad("a server ended by itself: %v\n%s", err, s.Output())
				return courses
			}
			courses[i] = append(courses[i], usage.RSS)
		}
		select {
		case <-ctx.Done():
			return courses
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// fifth is the median of one of five parts of equal length.
func (c course) fifth(n int) int64 {
	part := slices.Clone(c[n*len(c)/5 : (n+1)*len(c)/5])
	if len(part) == 0 {
		return 0
	}
	slices.Sort(part)
	return part[len(part)/2]
}

func (c course) String() string {
	return fmt.Sprintf("resident %.0f MB in the second fifth of the time, %.0f MB in the last", float64(c.fifth(1))/1e6, float64(c.fifth(4))/1e6)
}

// flat complains where memory grows with time. A quarter and 24 MB are what the heap moves
// by itself: it is collected when there are some 15 MB of garbage.
func (c course) flat() error {
	if early, late := c.fifth(1), c.fifth(4); late > early+early/4+24<<20 {
		return fmt.Errorf("memory grows: %s", c)
	}
	return nil
}

// An environment is what trials share.
type environment struct {
	server    string // the program
	dir       string // for what they write
	pack      *pack
	cert, key string
	stdout    io.Writer
}

func (e *environment) printf(format string, args ...any) { fmt.Fprintf(e.stdout, format, args...) }

func newEnvironment(server, dir string, stdout io.Writer) (*environment, error) {
	e := &environment{server: server, dir: dir, stdout: stdout}
	var err error
	if e.cert, e.key, err = process.Certificate(dir); err != nil {
		return nil, err
	}
	e.pack, err = openPack(filepath.Join(dir, "pack"))
	return e, err
}
