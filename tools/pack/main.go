// Command pack turns a Hugging Face checkpoint of a Mixtral into a pack, the folder of
// weights that mixtab runs.
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
	"mixtab/packdir/progress"
	"mixtab/tools/cli"
	"mixtab/tools/pack/convert"
)

const usage = `usage: go run ./tools/pack -in CHECKPOINT -out PACK -format q4

Packs a Hugging Face checkpoint of a MixtralForCausalLM: a folder of config.json,
model.safetensors (or its shards and model.safetensors.index.json) in BF16, F16 or F32,
and tokenizer.model or tokenizer.json. Memory stays under 1 GB at any size. Interrupted,
the same command continues where it stopped.

`

type report struct {
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
	Out   string `json:"out"`
	convert.Result
	Seconds  float64 `json:"seconds"`
	ReadMBs  float64 `json:"read_mb_s"`
	Verified bool    `json:"verified"`
}

func main() {
	var (
		in      = flag.String("in", "", "the checkpoint's `folder`")
		out     = flag.String("out", "", "the `folder` to write the pack to")
		format  = flag.String("format", "", "`format` of attention and experts: f32, f16, q8 or q4")
		head    = flag.String("head", "", "`format` of embedding and lm_head: f32, f16 or q8 (default: q8 for q4, else as -format)")
		name    = flag.String("name", "", "the model's `name` for people (default: the checkpoint's folder)")
		source  = flag.String("source", "", "where the checkpoint comes from, a `URL`, for the manifest")
		licence = flag.String("licence", "", "the weights' `licence` (default: what the model card says)")
		verify  = flag.Bool("verify", false, "read the finished pack again and check every shard")
		asJSON  = flag.Bool("json", false, "end standard output with one JSON object")
	)
	cli.Parse("pack", usage)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	r := report{Out: *out}
	start := time.Now()
	err := func() error {
		if *in == "" || *out == "" || *format == "" {
			return errors.New("-in, -out and -format are needed: see -h")
		}
		f, err := quant.ParseFormat(*format)
		if err != nil {
			return fmt.Errorf("-format: %w", err)
		}
		o := convert.Options{Format: f, Name: *name, Source: *source, Licence: *licence}
		if *head != "" {
			h, err := quant.ParseFormat(*head)
			if err != nil {
				return fmt.Errorf("-head: %w", err)
			}
			o.Head = &h
		}
		bar := progress.New("packing")
		defer bar.Clear()
		o.Progress = bar.Set
		if r.Result, err = convert.Run(ctx, *in, *out, o); err != nil {
			return err
		}
		bar.Clear()
		r.Seconds = time.Since(start).Seconds()
		r.ReadMBs = float64(r.BytesRead) / 1e6 / r.Seconds
		for _, w := range r.Warnings {
			fmt.Fprintln(os.Stderr, "pack: warning:", w)
		}
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
		fmt.Fprintln(os.Stderr, "pack:", err)
	}
	if *asJSON {
		json.NewEncoder(os.Stdout).Encode(r)
	} else if r.OK {
		state := ""
		if r.Unchanged {
			state = ", unchanged"
		} else if r.Reused > 0 {
			state = fmt.Sprintf(", %d of them from an earlier run", r.Reused)
		}
		fmt.Printf("%s: %s in %v, %d tensors in %d shards%s, %.1f MB, %.1f s\n",
			*out, r.Name, r.Format, r.Tensors, r.Shards, state, float64(r.Bytes)/1e6, r.Seconds)
	}
	if !r.OK {
		stop()
		os.Exit(1)
	}
}
