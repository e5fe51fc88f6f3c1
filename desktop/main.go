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
	"io"
	"os"
	"os/signal"

	"github.com/peterbourgon/ff/v3/ffcli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mixtab:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	root := &ffcli.Command{
		Name:        "desktop",
		ShortUsage:  "desktop chat [flags] [prompt]",
		FlagSet:     flag.NewFlagSet("desktop", flag.ContinueOnError),
		Subcommands: []*ffcli.Command{chatCommand(stdout)},
		Exec: func(_ context.Context, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no command %q (-h lists them)", args[0])
			}
			return errors.New("what to do? desktop chat answers (-h tells all)")
		},
	}
	// The library prints a command's usage after each mistake, too; it is for -h alone.
	usage := ""
	for _, c := range append(root.Subcommands, root) {
		c.FlagSet.SetOutput(io.Discard)
		c.UsageFunc = func(c *ffcli.Command) string {
			usage = ffcli.DefaultUsageFunc(c)
			return ""
		}
	}
	err := root.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return nil
	case err != nil:
		return fmt.Errorf("%w (-h lists the flags)", errors.Unwrap(err))
	}
	return root.Run(ctx)
}
