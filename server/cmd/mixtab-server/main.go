// Command mixtab-server serves the page, its WebAssembly and packs of weights.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// commands are what the first argument may ask for. Without one, or where it is a flag,
// the server serves.
var commands = map[string]func(ctx context.Context, args []string, stdout, stderr io.Writer) error{
	"healthcheck": healthcheck,
	"serve":       serve,
	"verify":      verify,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the program at once
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "mixtab-server:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	name := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	command, known := commands[name]
	if !known {
		return fmt.Errorf("there is no command %q: use %s; packs are named with -pack", name, strings.Join(slices.Sorted(maps.Keys(commands)), ", "))
	}
	return command(ctx, args, stdout, stderr)
}
