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
	err := run(untilSignal(), os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "mixtab-server:", err)
		os.Exit(1)
	}
}

// untilSignal is a context that ends with the first signal to stop. By then the second one
// has the system's own effect: it ends the program at once.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals) // before anyone can see that the first one came
		cancel()
	}()
	return ctx
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
