// Command synth writes a pack of random weights with the exact geometry of
// Mixtral-8x7B, or any other: for benchmarks and tests that need the real sizes but not
// the real model.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"mixtab/engine/quant"
	"mixtab/engine/weights"
	"mixtab/packdir/progress"
	"mixtab/tools/cli"
)

const usage = `usage: go run ./tools/synth -out PACK -layers 8 -format q4

Writes a pack of random weights: Mixtral-8x7B's geometry unless flags say otherwise,
numbers scaled so that activations stay finite and routers use all experts, and a
tokenizer of made-up pieces. -skew 1 -reuse 0.3 imitates a real model's routing, for
measurements of expert caches. The same flags give the same bytes. Interrupted, the same
command continues where it stopped.

`

type report struct {
	OK         bool         `json:"ok"`
	Error      string       `json:"error,omitempty"`
	Out        string       `json:"out"`
	Format     quant.Format `json:"format"`
	HeadFormat quant.Format `json:"head_format"`
	Tensors    int          `json:"tensors"`
	Shards     int          `json:"shards"`
	Reused     int          `json:"shards_reused"`
	Bytes      int64        `json:"bytes"`
	Seconds    float64      `json:"seconds"`
	MBs        float64      `json:"mb_s"`
	Verified   bool         `json:"verified"`
}

func main() {
	c := weights.Config{
		Architectures: []string{"MixtralForCausalLM"}, ModelType: "mixtral", HiddenAct: "silu",
		NormEps: 1e-5, BOS: 1, EOS: weights.TokenIDs{2},
	}
	flag.IntVar(&c.NLayers, "layers", 8, "layers; Mixtral-8x7B has 32")
	flag.IntVar(&c.Dim, "hidden", 4096, "hidden size")
	flag.IntVar(&c.HiddenDim, "inter", 14336, "an expert's hidden size")
	flag.IntVar(&c.NHeads, "heads", 32, "query heads")
	flag.IntVar(&c.NKVHeads, "kv-heads", 8, "key and value heads")
	flag.IntVar(&c.HeadDim, "head-dim", 0, "a head's size (default: hidden/heads)")
	flag.IntVar(&c.NExperts, "experts", 8, "experts a layer")
	flag.IntVar(&c.NExpertsPerTok, "top", 2, "experts a token uses")
	flag.IntVar(&c.VocabSize, "vocab", 32000, "vocabulary; below 300 there is no tokenizer")
	flag.IntVar(&c.MaxPositions, "context", 32768, "the longest context")
	flag.Float64Var(&c.RopeTheta, "theta", 1e6, "RoPE's base")
	var (
		out    = flag.String("out", "", "the `folder` to write the pack to")
		format = flag.String("format", "q4", "`format` of attention and experts: f32, f16, q8 or q4")
		head   = flag.String("head", "", "`format` of embedding and lm_head: f32, f16 or q8 (default: q8 for q4, else as -format)")
		seed   = flag.Uint64("seed", 1, "another `number`, other weights")
		skew   = flag.Float64("skew", 0, "routers have favourites, differing by layer: the exponent of Zipf's law, 0 to 2")
		reuse  = flag.Float64("reuse", 0, "neighbouring tokens share experts, with this probability beyond chance: 0 to 0.5")
		verify = flag.Bool("verify", false, "read the finished pack again and check every shard")
		asJSON = flag.Bool("json", false, "end standard output with one JSON object")
	)
	cli.Parse("synth", usage)
	if c.HeadDim == 0 && c.NHeads > 0 {
		c.HeadDim = c.Dim / c.NHeads
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	r := report{Out: *out}
	start := time.Now()
	err := func() error {
		if *out == "" {
			return errors.New("-out is needed: see -h")
		}
		var err error
		if r.Format, err = quant.ParseFormat(*format); err != nil {
			return fmt.Errorf("-format: %w", err)
		}
		r.HeadFormat = weights.HeadFormat(r.Format)
		if *head != "" {
			if r.HeadFormat, err = quant.ParseFormat(*head); err != nil {
				return fmt.Errorf("-head: %w", err)
			}
		}
		plan, err := weights.NewPlan(c, r.Format, r.HeadFormat)
		if err != nil {
			return err
		}
		bar := progress.New("writing")
		defer bar.Clear()
		m, reused, err := write(ctx, *out, plan, recipe{*seed, *skew, *reuse}, bar.Set)
		if err != nil {
			return err
		}
		bar.Clear()
		r.Tensors, r.Shards, r.Reused, r.Bytes = len(m.Tensors), len(m.Shards), reused, m.Bytes()
		r.Seconds = time.Since(start).Seconds()
		r.MBs = float64(r.Bytes) / 1e6 / r.Seconds
		if *verify {
			if err := cli.Verify(ctx, *out); err != nil {
				return err
			}
			r.Verified = true
		}
		return nil
	}()
	err = cli.Resumable(err, *out)
	r.OK = err == nil
	if err != nil {
		r.Error = err.Error()
		fmt.Fprintln(os.Stderr, "synth:", err)
	}
	if *asJSON {
		json.NewEncoder(os.Stdout).Encode(r)
	} else if r.OK {
		fmt.Printf("%s: %d layers in %v, %d tensors in %d shards, %.1f MB, %.1f s, %.0f MB/s\n",
			*out, c.NLayers, r.Format, r.Tensors, r.Shards, float64(r.Bytes)/1e6, r.Seconds, r.MBs)
	}
	if !r.OK {
		stop()
		os.Exit(1)
	}
}
