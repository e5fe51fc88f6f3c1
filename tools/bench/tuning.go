package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"mixtab/engine"
	"mixtab/tools/bench/measure"
)

// printTuning prints which variants of kernels were in use, and what the others take.
func printTuning(t measure.Tuning) error {
	fmt.Printf("kernels  decode: %s · prefill: %s · attention: %s\n", t.Decode, t.Prefill, t.Attention)
	if t.Measured == nil {
		return nil
	}
	fmt.Printf("\nvariants, measured in %.1f s; the first of each is the table's\n", t.Measured.Seconds)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	printVariants(w, "products of a token", t.Measured.Decode)
	printVariants(w, "products of a chunk", t.Measured.Prefill)
	printVariants(w, "attention of a token", t.Measured.Attention)
	printVariants(w, "attention of a chunk", t.Measured.ChunkAttention)
	return w.Flush()
}

func printVariants[V fmt.Stringer](w io.Writer, title string, list []engine.Timed[V]) {
	for _, v := range list {
		note := v.Error
		if v.InUse {
			note = "in use"
		}
		fmt.Fprintf(w, "%s\t%s\t%8.3f ms\t%s\n", title, v.Variant, 1000*v.Seconds, note)
		title = ""
	}
}
