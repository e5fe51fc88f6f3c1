// Bench measures prefill and decoding of a pack, greedily, against the memory
// bandwidth that the copy kernel reaches on the same adapter in the same run.
//
//	go run ./tools/bench -pack PACK -prompt 512 -gen 128 -json
//	make bench-web PACK=… BUDGET=2GiB GEN=… IDS=…     the same program in headless Chromium
//	go run ./tools/bench -loads -pack PACK              how fast experts come to the device
//	go run ./tools/bench -pack PACK -profile=FILE       also: what each kernel takes, and a trace for Perfetto
//	go run ./tools/bench -pack PACK -sweep context -svg FILE     instead: decoding against the position, drawn; or -sweep prefill
//	go run ./tools/bench -tune                          also: what each variant of the kernels takes, even on a CPU
//	go run ./tools/bench -preflight -pack PACK -expert-budget 6GiB     what to expect, in two seconds
//	go run ./tools/bench -trace FILE      instead: routing traces through every eviction policy
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"mixtab/engine/kernel"
	"mixtab/tools/bench/measure"
	"mixtab/tools/cli"
)

const usage = `usage: go run ./tools/bench -pack PACK -prompt 512 -gen 128 -json

Measures prefill and decoding of a pack, greedily, against the memory bandwidth that the
copy kernel reaches on the same adapter.

`

// options are the flags of both platforms.
type options struct {
	pack      string
	ids       string
	preflight bool
	asJSON    bool
	trace     string // the file for -profile=FILE
	sweep     string // of what; "" for none
	svg       string // the file that it is drawn into
	measure.Config
}

func define() *options {
	o := new(options)
	flag.StringVar(&o.pack, "pack", "", "folder (in the browser: URL) of the pack; the demo model if empty")
	flag.IntVar(&o.Prompt, "prompt", 512, "made-up prompt tokens")
	flag.StringVar(&o.ids, "ids", "", "the prompt's token ids instead, separated by commas")
	flag.IntVar(&o.Gen, "gen", 128, "tokens to generate")
	flag.IntVar(&o.Runs, "runs", 2, "runs, of which the best counts; the first also warms up")
	flag.IntVar(&o.Context, "context", 0, "tokens of the KV cache (default: what the run needs)")
	flag.Func("expert-budget", "`bytes` of experts on the device, as in 6GiB; all if left out", func(text string) error {
		bytes, err := humanize.ParseBytes(text)
		o.ExpertBudget = int64(bytes)
		return err
	})
	flag.TextVar(&o.KV, "kv", kernel.KVAuto, "`format` of the KV cache, f32, f16 or q8; by the adapter if left out")
	flag.TextVar(&o.Arithmetic, "arithmetic", kernel.F32, "least exact `arithmetic` that measuring may choose, f32, f16 or int8")
	flag.BoolVar(&o.Tune, "tune", false, "measure the variants of kernels even where a CPU plays the GPU")
	flag.BoolVar(&o.Lazy, "lazy", false, "load an expert when a token first wants it, even if all have room")
	flag.IntVar(&o.Speculate, "speculate", 0, "decode once more with drafts of this many `tokens` by prompt lookup, at most 7")
	flag.BoolFunc("profile", "time every kernel in one more run; -profile=`file` also writes a trace for ui.perfetto.dev", func(text string) error {
		if o.Profile = true; text != "true" {
			o.trace = text
		}
		return nil
	})
	flag.StringVar(&o.sweep, "sweep", "", "instead: time a decoded token against the `context` up to the model's, or -context, or prefill against its length (context or prefill)")
	flag.StringVar(&o.svg, "svg", "", "the `file` to draw the sweep into")
	flag.BoolVar(&o.preflight, "preflight", false, "say in seconds what the pack needs, what there is, and how fast it will be; load nothing")
	flag.BoolVar(&o.asJSON, "json", false, "end with one line of JSON")
	return o
}

// parse reads the command line into o, whose flags are defined.
func (o *options) parse() error {
	cli.Parse("bench", usage)
	if o.Prompt < 1 || o.Gen < 1 || o.Runs < 1 || o.Context < 0 {
		return fmt.Errorf("-prompt, -gen and -runs must be at least 1, -context not negative")
	}
	if o.ids == "" {
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
	if s := r.Speculation; s != nil {
		fmt.Printf("drafts   %8.1f tok/s  (%.2f times; of %d tokens drafted by %d, %d were right)%s\n", s.DecodeTokS, s.DecodeTokS/r.DecodeTokS,
			s.Drafted, s.Length, s.Accepted, s.Off)
	}
	fmt.Printf("bound    %8.1f tok/s  (that bandwidth and %d dispatches of %.1f µs, empty; decode is at %.0f %% of it)\n", r.BoundTokS,
		r.DispatchesPerToken, r.DispatchMicros, 100*r.BoundShare)
	fmt.Printf("experts  %8.1f %% hits  (%s: %.1f MB and %.0f ms of waiting a token)\n", 100*r.ExpertHitRate, slots(r),
		r.ExpertBytesPerToken/1e6, r.ExpertWaitMsPerToken)
	fmt.Printf("per token %d dispatches (%.1f a layer), %.2f submits, %.1f host calls, %.0f bytes read back · opened in %.1f s\n",
		r.DispatchesPerToken, r.DispatchesPerLayer, r.SubmitsPerToken, r.HostCallsPerToken, r.ReadbackPerToken, r.OpenSeconds)
	fmt.Printf("memory   %8.0f MB on the GPU, %.0f MB in Go", float64(r.GPUBytes)/1e6, float64(r.GoHeapBytes)/1e6)
	if r.PeakRSSBytes > 0 {
		fmt.Printf(", %.0f MB in the process at most and %.0f MB of mapped files", float64(r.PeakRSSBytes)/1e6, float64(r.MappedBytes)/1e6)
	}
	if r.JSHeapBytes > 0 {
		fmt.Printf(", %.0f MB in JavaScript", float64(r.JSHeapBytes)/1e6)
	}
	fmt.Println()
	if err := printTuning(r.Tuning); err != nil {
		return err
	}
	if r.Profile != nil {
		if err := o.printProfile(r); err != nil {
			return err
		}
	}
	if !o.asJSON {
		return nil
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// slots says in words where the experts are.
func slots(r measure.Result) string {
	where := "slots by layer"
	if r.SharedPool {
		where = "slots in one pool"
	}
	return fmt.Sprintf("%d %s, a budget of %s", r.ExpertSlots, where, humanize.Bytes(uint64(r.ExpertBudgetBytes)))
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
