// Benchserver measures mixtab-server beside nginx: the same files, the same clients, in
// turns, on loopback.
//
//	make bench-server
//	go run ./tools/benchserver -server build/mixtab-server -json
//
// The clients share the machine's cores with the servers, so what a server can do shows in
// the processor time that it takes; rates tell of the pair. A download's client drops what
// comes without looking at it (discard_linux.go). Whether the bytes are right is checked
// once at the start, and at length by tools/benchserver/soak.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"mixtab/tools/benchserver/packs"
	"mixtab/tools/benchserver/process"
	"mixtab/tools/cli"
)

const usage = `usage: go run ./tools/benchserver -server build/mixtab-server

Measures mixtab-server beside nginx, in turns, and prints tables of the medians. Ends with
an error where a bar is missed. nginx, wrk and h2load come from Debian: make bench-server
installs them.

`

type options struct {
	server, page, only string
	rounds             int
	memory, asJSON     bool
}

func main() {
	var o options
	flag.StringVar(&o.server, "server", "build/mixtab-server", "the `program` to measure")
	flag.StringVar(&o.page, "page", "web/dist", "`folder` of the page that is built into it")
	flag.StringVar(&o.only, "only", "", "only rows whose name this regular `expression` matches")
	flag.IntVar(&o.rounds, "rounds", 5, "turns of each server at each row")
	flag.BoolVar(&o.memory, "memory", true, "also measure memory, with 256 downloads and with 10,000 idle connections")
	flag.BoolVar(&o.asJSON, "json", false, "end with one line of JSON")
	cli.Parse("benchserver", usage)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchserver:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, stdout io.Writer) (err error) {
	if o.rounds < 1 {
		return fmt.Errorf("-rounds must be at least 1")
	}
	only, err := regexp.Compile(o.only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	for _, program := range []string{"wrk", "h2load"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%w: make bench-server installs it", err)
		}
	}
	small, coded, err := choose(os.DirFS(o.page))
	if err != nil {
		return fmt.Errorf("-page: %w", err)
	}
	dir, err := os.MkdirTemp("", "mixtab-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	f := files{pack: filepath.Join(dir, "pack")}
	if f.page, err = filepath.Abs(o.page); err != nil {
		return err
	}
	if f.cert, f.key, err = process.Certificate(dir); err != nil {
		return err
	}
	shards, err := packs.Large(f.pack)
	if err != nil {
		return err
	}
	shard := shards[0]
	for _, s := range shards {
		if s.Bytes > shard.Bytes {
			shard = s
		}
	}
	nginx, ours := &contender{name: "nginx"}, &contender{name: "mixtab-server"}
	defer func() {
		for _, c := range []*contender{nginx, ours} {
			if stopErr := c.stop(); err == nil {
				err = stopErr
			}
		}
	}()
	if err := nginx.start(ctx, dir, f.nginx); err != nil {
		return err
	}
	if err := ours.start(ctx, dir, f.mixtab(o.server)); err != nil {
		return err
	}
	for file, gzip := range map[string]bool{small: false, coded: true, "/packs/noise/" + shard.Path: false} {
		if err := same(ctx, file, gzip, nginx.addrs[plain], ours.addrs[plain]); err != nil {
			return err
		}
	}
	r := result{Cores: runtime.GOMAXPROCS(0), Rounds: o.rounds, Missed: []string{}}
	var loads []workload
	for _, w := range workloads(small, coded, shard) {
		if only.MatchString(w.name) {
			loads = append(loads, w)
		}
	}
	fmt.Fprintf(os.Stderr, "benchserver: page files %s and %s\n", small, coded)
	turn, turns := 0, 2*len(loads)*o.rounds
	progress := func() {
		turn++
		fmt.Fprintf(os.Stderr, "\rbenchserver: turn %d of %d ", turn, turns)
	}
	r.Rows, err = measure(ctx, nginx, ours, loads, o.rounds, progress)
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return err
	}
	if o.memory {
		m, err := measureMemory(ctx, o.server, dir, f)
		if err != nil {
			return fmt.Errorf("memory: %w", err)
		}
		r.Memory = &m
		if m.missed() {
			r.Missed = append(r.Missed, "memory")
		}
	}
	for _, row := range r.Rows {
		if row.missed() {
			r.Missed = append(r.Missed, row.Name)
		}
	}
	if err := r.print(stdout, o.asJSON); err != nil {
		return err
	}
	if len(r.Missed) > 0 {
		return fmt.Errorf("bars missed: %s", strings.Join(r.Missed, "; "))
	}
	return nil
}
