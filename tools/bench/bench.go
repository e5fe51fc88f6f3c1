// Bench measures prefill and decoding of a pack, greedily, against the memory
// bandwidth that the copy kernel reaches on the same adapter in the same run.
//
//	go run ./tools/bench -pack PACK -prompt 512 -gen 128 -json
//	make bench-web PACK=… GEN=… IDS=…     the same program in headless Chromium
//	go run ./tools/bench -trace FILE      instead: routing traces through every eviction policy
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"mixtab/tools/bench/measure"
	"mixtab/tools/cli"
)

const usage = `usage: go run ./tools/bench -pack PACK -prompt 512 -gen 128 -json

Measures prefill and decoding of a pack, greedily, against the memory bandwidth that the
copy kernel reaches on the same adapter.

`

// options are the flags of both platforms.
type options struct {
	pack   string
	ids    string
	asJSON bool
	measure.Config
}

func define() *options {
	o := new(options)
	flag.StringVar(&o.pack, "pack", "", "folder (in the browser: URL) of the pack; the demo model if empty")
	flag.IntVar(&o.Prompt, "prompt", 512, "made-up prompt tokens")
	flag.StringVar(&o.ids, "ids", "", "the prompt's token ids instead, separated by commas")
	flag.IntVar(&o.Gen, "gen", 128, "tokens to generate")
	flag.IntVar(&o.Runs, "runs", 2, "runs, of which the best counts; the first also warms up")
	flag.BoolVar(&o.asJSON, "json", false, "end with one line of JSON")
	return o
}

// parse reads the command line into o, whose flags are defined.
func (o *options) parse() error {
	cli.Parse("bench", usage)
	if o.ids == "" {
		if o.Prompt < 1 || o.Gen < 1 || o.Runs < 1 {
			return fmt.Errorf("-prompt, -gen and -runs must be at least 1")
		}
		return nil
	}
	for _, word := range strings.Split(o.ids, ",") {
		id, err := strconv.ParseInt(strings.TrimSpace(word), 10, 32)
		if err != nil {
			return fmt.Errorf("-ids: %q is no token id", word)
		}
		o.IDs = append(o.IDs, int32(id))
	}
	return nil
}

func (o *options) print(r measure.Result) error {
	fmt.Printf("%s (%s) · %s, %d layers, %s\n", r.Device, r.Adapter, r.Pack, r.Layers, r.Format)
	fmt.Printf("prefill  %8.1f tok/s  (%d tokens, first token after %.2f s)\n", r.PrefillTokS, r.PromptTokens, r.FirstTokenSeconds)
	fmt.Printf("decode   %8.1f tok/s  (%.1f MB a token: %.2f GB/s, %.0f %% of the copy kernel's %.2f GB/s)\n", r.DecodeTokS,
		float64(r.BytesPerToken)/1e6, r.DecodeTokS*float64(r.BytesPerToken)/1e9, 100*r.BandwidthShare, r.CopyGBs)
	fmt.Printf("per token %d dispatches (%.1f a layer), %.1f host calls · opened in %.1f s · %.0f MB on the GPU, %.0f MB in Go\n",
		r.DispatchesPerToken, r.DispatchesPerLayer, r.HostCallsPerToken, r.OpenSeconds, float64(r.GPUBytes)/1e6, float64(r.GoHeapBytes)/1e6)
	if !o.asJSON {
		return nil
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
