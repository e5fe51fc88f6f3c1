// Desktop runs mixtab's engine natively: the same Go and the same kernels as in the
// browser, on wgpu.
//
//	go run ./desktop chat "Hello"
//	go run ./desktop chat -pack DIR        reads a conversation, a message a line
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/peterbourgon/ff/v3/ffcli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	root := &ffcli.Command{
		Name:        "desktop",
		ShortUsage:  "desktop chat [flags] [prompt]",
		FlagSet:     flag.NewFlagSet("desktop", flag.ContinueOnError),
		Subcommands: []*ffcli.Command{chatCommand()},
		Exec:        func(context.Context, []string) error { return flag.ErrHelp },
	}
	err := root.ParseAndRun(ctx, os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "mixtab:", err)
		os.Exit(1)
	}
}
