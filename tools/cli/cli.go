// Package cli is what the command-line tools have in common.
package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// Parse reads the process's flags for the tool of that name. -h prints the usage and the
// flags, a mistake is one line on standard error; both end the process.
func Parse(name, usage string) {
	err := parse(flag.CommandLine, os.Args[1:], os.Stdout, usage)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintf(os.Stderr, "%s: %v (-h lists the flags)\n", name, err)
		os.Exit(1)
	}
}

func parse(flags *flag.FlagSet, args []string, stdout io.Writer, usage string) error {
	flags.Init(flags.Name(), flag.ContinueOnError)
	flags.SetOutput(io.Discard) // what package flag says of a mistake is a screenful
	flags.Usage = func() {}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
	case err == nil && flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return err
}
