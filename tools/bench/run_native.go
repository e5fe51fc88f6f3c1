//go:build !js

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"mixtab/demo"
	"mixtab/engine/experts"
	"mixtab/engine/mixtral"
	"mixtab/engine/weights"
	"mixtab/packdir"
	"mixtab/packdir/progress"
	"mixtab/tools/bench/measure"
	"mixtab/tools/cli"
)

func run() error {
	o := define()
	device := flag.String("device", "native", "native (wgpu) or ref (plain Go)")
	traces := flag.String("trace", "", "replay these routing traces, `files` separated by commas, by every eviction policy; needs no pack")
	loads := flag.Bool("loads", false, "measure instead how fast experts come from the pack to the device")
	record := flag.String("record", "", "write the routing trace of the generated tokens to a `file`; one run only")
	if err := o.parse(); err != nil {
		return err
	}
	if *traces != "" {
		return replayTraces(strings.Split(*traces, ","), o.asJSON)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	pack, err := packdir.OpenFS(demo.FS())
	files := demo.FS()
	if o.pack != "" {
		pack, err = packdir.Open(o.pack)
		files = os.DirFS(o.pack)
	}
	if err != nil {
		return err
	}
	dev, err := cli.OpenDevice(ctx, *device)
	if err != nil {
		return err
	}
	defer dev.Close()
	if o.preflight {
		return o.runPreflight(ctx, dev, pack.Source(dev))
	}
	if *loads {
		return o.loads(ctx, dev, pack.Source(dev), files)
	}
	if o.sweep != "" {
		bar := progress.New("loading")
		return o.runSweep(ctx, dev, pack.Source(dev), bar.Set)
	}
	var trace *experts.Trace
	if *record != "" {
		o.Runs = 1
		trace = newTrace(pack.Manifest())
		o.Routing = func(r mixtral.Routing) { trace.Tokens = append(trace.Tokens, experts.Token{Experts: r.Experts}) }
	}
	bar := progress.New("loading")
	r, err := measure.Run(ctx, dev, pack.Source(dev), o.Config, bar.Set)
	bar.Clear()
	if err == nil && trace != nil {
		err = writeTrace(*record, trace)
	}
	if err != nil {
		return err
	}
	return o.print(r)
}

func newTrace(man *weights.Manifest) *experts.Trace {
	c := man.Config
	return &experts.Trace{Layers: c.NLayers, Experts: c.NExperts, TopK: c.NExpertsPerTok, Note: "decoded by " + man.Name}
}

func writeTrace(file string, t *experts.Trace) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	err = experts.Write(f, t)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
