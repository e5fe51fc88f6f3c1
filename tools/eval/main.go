// Eval runs a checkpoint on a device and compares every logit, router choice and
// greedy token with a reference.
//
//	go run ./tools/eval -checkpoint CKPT -reference DIR -device ref|native -format f32|f16|q8|q4 [-json]
//
// For f32 and f16 the reference is DIR itself. Quantised weights have other logits: for
// q8 and q4 it is the oracle, a plain float64 Mixtral over the dequantised weights, and,
// where DIR/../../quant holds the same checkpoint's quant_reference.json, also that
// file's logits of the prompt len7.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"mixtab/engine/kernel"
	"mixtab/engine/quant"
	"mixtab/engine/weights"
	"mixtab/tools/cli"
	"mixtab/tools/eval/golden"
	"mixtab/tools/pack/convert"
)

const usage = `usage: go run ./tools/eval -checkpoint CKPT -reference DIR -device ref|native -format f32

Runs a checkpoint and compares it with DIR/reference.json. Exit status 0 means: inside
the tolerances.

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "eval:", err)
		os.Exit(1)
	}
}

// output is the JSON object that -json ends with.
type output struct {
	Device    string          `json:"device"`
	Adapter   string          `json:"adapter"`
	Format    quant.Format    `json:"format"`
	KVFormat  kernel.KVFormat `json:"kv_format"`
	OK        bool            `json:"ok"`
	Reference string          `json:"reference"` // what the prompts were compared with
	Prompts   []golden.Report `json:"prompts"`
	Quant     *golden.Report  `json:"quant_len7,omitempty"`
}

var errOutside = errors.New("outside the tolerance")

func run(ctx context.Context) error {
	checkpoint := flag.String("checkpoint", "", "folder of a Hugging Face checkpoint")
	reference := flag.String("reference", "", "folder with reference.json")
	device := flag.String("device", "ref", "ref (plain Go) or native (wgpu)")
	formatName := flag.String("format", "f32", "f32, f16, q8 or q4")
	kv := kernel.KVF32
	flag.TextVar(&kv, "kv", kernel.KVF32, "`format` of the KV cache, f32, f16 or q8")
	asJSON := flag.Bool("json", false, "end with one line of JSON")
	cli.Parse("eval", usage)
	if *checkpoint == "" || *reference == "" {
		return errors.New("-checkpoint and -reference are needed: see -h")
	}
	format, err := quant.ParseFormat(*formatName)
	if err != nil {
		return fmt.Errorf("-format: %w", err)
	}
	want, err := golden.Load(os.DirFS(*reference))
	if err != nil {
		return fmt.Errorf("%s: %w", *reference, err)
	}
	dev, err := cli.OpenDevice(ctx, *device)
	if err != nil {
		return err
	}
	defer dev.Close()
	pack, err := convert.Memory(ctx, *checkpoint, os.DirFS(*checkpoint), golden.PackOptions(format))
	if err != nil {
		return err
	}
	out := output{Device: *device, Adapter: dev.Info().Adapter, Format: format, KVFormat: kv, OK: true, Reference: *reference}
	way := golden.Way{KV: kv}
	tol := golden.ToleranceFor(dev.Info(), way)
	if format == quant.Q8 || format == quant.Q4 {
		man, err := weights.ParseManifest(pack.ManifestBytes)
		if err != nil {
			return err
		}
		want = golden.NewOracle(man, pack).Reference(want)
		out.Reference = "oracle over the dequantised weights"
	}
	if out.Prompts, err = golden.Run(ctx, dev, pack, want, way, tol); err != nil {
		return err
	}
	quantDir := filepath.Join(*reference, "..", "..", "quant", filepath.Base(*reference))
	if stored, err := golden.LoadQuant(os.DirFS(quantDir), format); err == nil {
		report, err := golden.RunLogits(ctx, dev, pack, stored, way)
		if err != nil {
			return err
		}
		out.Quant = &report
		out.OK = report.MaxAbs <= tol.MaxAbs && report.RMS <= tol.RMS
	}
	for _, r := range out.Prompts {
		out.OK = out.OK && r.Within(tol)
	}
	print(out)
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
			return err
		}
	}
	if !out.OK {
		return fmt.Errorf("%s: %w (max_abs %g, rms %g)", *checkpoint, errOutside, tol.MaxAbs, tol.RMS)
	}
	return nil
}

func print(out output) {
	fmt.Printf("%s (%s), %s with a KV cache of %s, against %s\n", out.Device, out.Adapter, out.Format, out.KVFormat, out.Reference)
	fmt.Printf("%-10s %9s %10s %10s %7s %7s %6s %s\n", "prompt", "positions", "max_abs", "rms", "argmax", "router", "flip", "greedy")
	for _, r := range out.Prompts {
		flip := "-"
		if r.FirstRouterFlip != nil {
			flip = fmt.Sprint(*r.FirstRouterFlip)
		}
		greedy := "differs"
		if r.Greedy.Equal {
			greedy = "equal"
		}
		fmt.Printf("%-10s %9d %10.2e %10.2e %7d %7d %6s %s in %d\n", r.Name, r.Positions, r.MaxAbs, r.RMS,
			r.ArgmaxMismatches, r.RouterMismatches, flip, greedy, r.Greedy.Compared)
	}
	if q := out.Quant; q != nil {
		fmt.Printf("%-10s %9d %10.2e %10.2e (stored logits of the quantised model)\n", "len7", q.Positions, q.MaxAbs, q.RMS)
	}
}
