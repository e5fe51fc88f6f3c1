// Soak runs mixtab-server for a while with good clients and bad ones, and then takes away
// one by one what it stands on. It ends with an error unless every byte that a good client
// got was right, and the server holds in the end what it held at the start.
//
//	make soak-server
//	go run ./tools/benchserver/soak -server build/mixtab-server -for 10m
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"mixtab/tools/cli"
)

const usage = `usage: go run ./tools/benchserver/soak -server build/mixtab-server -for 10m

Treats mixtab-server badly, in every way that its clients and its machine could, while other
clients compare all that they get.

`

func main() {
	server := flag.String("server", "build/mixtab-server", "the `program` to try")
	length := flag.Duration("for", 10*time.Minute, "how `long` good and bad clients come")
	cli.Parse("soak", usage)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *server, *length, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, server string, length time.Duration, stdout io.Writer) error {
	dir, err := os.MkdirTemp("", "mixtab-soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	e, err := newEnvironment(server, dir, stdout)
	if err != nil {
		return err
	}
	defer e.pack.close()
	var errs []error
	step := func(name string, run func(ctx context.Context) error) {
		verdict, start := "ok", time.Now()
		err := run(ctx)
		if err != nil {
			verdict = "FAILED"
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		e.printf("%s: %s (%.1f s)\n", name, verdict, time.Since(start).Seconds())
	}
	step(fmt.Sprintf("%s of good and bad clients", length), func(ctx context.Context) error { return e.soak(ctx, length) })
	for _, trial := range trials {
		if ctx.Err() == nil {
			step(trial.name, func(ctx context.Context) error { return trial.run(e, ctx) })
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}
