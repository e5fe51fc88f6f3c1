package main

import (
	"errors"
	"fmt"
	"os"

	"mixtab/engine/profile"
	"mixtab/tools/bench/measure"
)

// printProfile prints the tables of prefill and of a decoded token, and writes the trace.
func (o *options) printProfile(r measure.Result) error {
	p := r.Profile
	fmt.Printf("\nEvery dispatch by itself, waited for: nothing overlaps, as it may in the plain run's %.1f ms of prefill and %.2f ms a decoded\n"+
		"token, and what lies between dispatches is left out. A kernel's limit is the copy kernel's %.2f GB/s or the fma kernel's %.1f GFLOP/s.\n",
		1000*r.FirstTokenSeconds, 1000/r.DecodeTokS, r.CopyGBs, p.GFlops)
	fmt.Printf("\nprefill, %d tokens\n", r.PromptTokens)
	if err := profile.WriteTable(os.Stdout, p.Prefill, 1); err != nil {
		return err
	}
	if p.Steps > 0 {
		fmt.Printf("\ndecode, a token (the mean of %.4g)\n", p.Steps)
		if err := profile.WriteTable(os.Stdout, p.Decode, p.Steps); err != nil {
			return err
		}
	}
	if o.trace == "" {
		return nil
	}
	f, err := os.Create(o.trace)
	if err != nil {
		return err
	}
	if err := errors.Join(p.Record.WriteTrace(f), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", o.trace, err)
	}
	fmt.Printf("\ntrace of %d dispatches in %s: open it in ui.perfetto.dev\n", len(p.Record.Spans), o.trace)
	return nil
}
