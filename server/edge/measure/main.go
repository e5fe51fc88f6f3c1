// Command measure says how the Worker does in Cloudflare's runtime on this machine:
//
//	go run ./server/edge/measure         cold start, CPU and rate of requests, by one program and by one for each
//	go run ./server/edge/measure -soak   20,000 mixed requests, and the memory meanwhile
//
// docs/EDGE.md has what it said.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"mixtab/server/conformance"
	"mixtab/server/edge/soak"
	"mixtab/server/edge/workerd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

// run is main with its surroundings as arguments.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("measure", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is told in one line, by main
	soaking := flags.Bool("soak", false, "soak the Worker instead of timing it")
	rounds := flags.Int("rounds", 5, "`number` of rounds, of whose figures the medians are told")
	options := soak.Options{}
	flags.IntVar(&options.Requests, "requests", 20_000, "`number` of requests of a soak")
	flags.IntVar(&options.Every, "every", 2_000, "`number` of requests between two samples")
	flags.IntVar(&options.Parallel, "parallel", 16, "`number` of requests of a soak at a time")
	flags.Uint64Var(&options.Seed, "seed", 1, "another `number`, other requests")
	flags.Usage = func() {}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, "measure says how the Worker does in workerd on this machine.\n\n")
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return err
	} else if err != nil {
		return fmt.Errorf("%w (-h lists the flags)", err)
	}
	dir, err := os.MkdirTemp("", "mixtab-measure-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := errors.Join(workerd.Check(), conformance.Write(dir), workerd.Build(dir)); err != nil {
		return err
	}
	if *soaking {
		return soaked(ctx, dir, options, stdout)
	}
	return timed(ctx, dir, *rounds, stdout)
}

// soaked prints a table, and a JSON object at its end.
func soaked(ctx context.Context, dir string, options soak.Options, stdout io.Writer) error {
	settings := soak.Settings(dir)
	settings.Build = dir
	site, err := workerd.Start(settings)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "| requests | process | Go's memory | JavaScript's heap | sent | shards of 64 MiB | errors |\n|---|---|---|---|---|---|---|\n")
	options.Sampled = func(s soak.Sample) {
		fmt.Fprintf(stdout, "| %d | %d MB | %.1f MB | %.1f MB | %.1f GB | %d | %d |\n", s.Requests, s.RSS/1e6, float64(s.Wasm)/1e6, float64(s.Heap)/1e6, float64(s.Sent)/1e9, s.Shards, s.Errors)
	}
	report, err := soak.Run(ctx, site, dir, options)
	if err := errors.Join(err, site.Stop()); err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(report); err != nil {
		return err
	}
	if len(report.Errors) > 0 || report.Starts > 0 {
		return fmt.Errorf("%d further programs were started; wrong answers: %q\nthe Worker's log:\n%s", report.Starts, report.Errors, &site.Log)
	}
	return nil
}
