// Lab times every variant of one kernel at Mixtral-8x7B's sizes, beside the copy kernel.
// Before that each variant's result is compared with that of the kernel's CPU twin.
//
//	make bench-kernel NAME=matmul          natively, behind the kernel's own tests
//	make bench-kernel-web NAME=matmul      the same in headless Chromium
//	go run ./tools/lab -kernel dispatch    what a dispatch costs that does nothing
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"mixtab/engine"
	"mixtab/engine/gpu"
	"mixtab/tools/cli"
)

const usage = `usage: go run ./tools/lab -kernel NAME

Checks a kernel against its CPU twin, then times its variants at Mixtral-8x7B's sizes.
`

// options are the flags of both platforms.
type options struct {
	kernel string
	rounds int
	limit  time.Duration
	rows   int
	asJSON bool
}

func define() *options {
	o := new(options)
	flag.StringVar(&o.kernel, "kernel", "", "one of "+strings.Join(names(), ", "))
	flag.IntVar(&o.rounds, "rounds", 7, "times that each variant is run, in turns")
	flag.DurationVar(&o.limit, "limit", 30*time.Second, "begin no further round of a shape after so long; one is always run")
	flag.IntVar(&o.rows, "rows", 0, "use so many rows of the weights, for slow adapters (default all)")
	flag.BoolVar(&o.asJSON, "json", false, "end with one line of JSON")
	return o
}

func (o *options) parse() error {
	cli.Parse("lab", usage)
	switch {
	case o.rounds < 1 || o.rows < 0:
		return fmt.Errorf("-rounds must be at least 1, -rows not negative")
	case o.kernel != dispatch && len(shapesOf(o.kernel)) == 0:
		return fmt.Errorf("-kernel: unknown kernel %q; there are %s", o.kernel, strings.Join(names(), ", "))
	}
	return nil
}

// dispatch is no kernel: an empty dispatch within a long program.
const dispatch = "dispatch"

// A report is what -json prints.
type report struct {
	Device         string  `json:"device"`
	Adapter        string  `json:"adapter"`
	Kernel         string  `json:"kernel"`
	Timestamps     bool    `json:"timestamps"` // else timed by waiting
	DispatchMicros float64 `json:"dispatch_us,omitempty"`
	Shapes         []timed `json:"shapes,omitempty"`
}

func (o *options) measure(ctx context.Context, dev gpu.Device) error {
	info := dev.Info()
	r := report{Device: info.Driver, Adapter: info.Adapter, Kernel: o.kernel, Timestamps: info.Features.TimestampQuery}
	fmt.Printf("%s: %s\n", info.Driver, info.Adapter)
	if o.kernel == dispatch {
		empty, err := engine.EmptyDispatch(ctx, dev, time.Second)
		if err != nil {
			return err
		}
		r.DispatchMicros = empty.Seconds() * 1e6
		fmt.Printf("an empty dispatch that waits for the one before it: %.2f µs\n", r.DispatchMicros)
	} else if !r.Timestamps {
		fmt.Println("no timestamps: times are those of submitting, running and waiting, less those of a program that does nothing")
	}
	for _, s := range shapesOf(o.kernel) {
		worst, err := check(ctx, dev, s)
		if err != nil {
			return err
		}
		t, err := o.time(ctx, dev, s)
		if err != nil {
			return err
		}
		if !math.IsNaN(worst) {
			t.Error = &worst
		}
		t.print()
		r.Shapes = append(r.Shapes, t)
	}
	if !o.asJSON {
		return nil
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}
