package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"mixtab/engine/gpu"
	"mixtab/engine/weights"
	"mixtab/tools/bench/measure"
)

// runSweep measures a series, prints it, and draws it into a file if there is a name for one.
func (o *options) runSweep(ctx context.Context, dev gpu.Device, src weights.Source, progress func(loaded, total int64)) error {
	s, err := measure.RunSweep(ctx, dev, src, o.Config, o.sweep, progress)
	if err != nil {
		return err
	}
	fmt.Printf("%s (%s) · %s, %d layers, %s, KV cache of %s\n%8s %10s\n", s.Device, s.Adapter, s.Pack, s.Layers, s.Format, s.KVFormat, "tokens", "ms")
	for _, p := range s.Points {
		fmt.Printf("%8d %10.2f\n", p.Tokens, p.Ms)
	}
	line := fitted(s)
	if s.Of == measure.ContextSweep {
		line += fmt.Sprintf("; the copy kernel reads and writes %.2f GB/s", s.CopyGBs)
	}
	fmt.Println(line)
	if o.svg != "" {
		if err := drawSweep(o.svg, s); err != nil {
			return err
		}
	}
	if !o.asJSON {
		return nil
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}

// fitted is the line in words.
func fitted(s measure.Sweep) string {
	line := fmt.Sprintf("%.1f ms + %.2f µs a token", s.Fixed, 1000*s.PerToken)
	if s.Of == measure.ContextSweep {
		line += fmt.Sprintf(": keys and values at %.2f GB/s", s.KVGBs)
	}
	return line
}

func drawSweep(file string, s measure.Sweep) error {
	p := plot.New()
	p.Title.Text = fmt.Sprintf("%s, %d layers, %s, KV cache of %s\n%s", s.Pack, s.Layers, s.Format, s.KVFormat, s.Adapter)
	p.X.Label.Text, p.Y.Label.Text = "tokens in the context", "ms for the next token"
	if s.Of == measure.PrefillSweep {
		p.X.Label.Text, p.Y.Label.Text = "tokens of the prompt", "ms for all of them"
	}
	p.X.Min, p.Y.Min = 0, 0
	var measured plotter.XYs
	for _, point := range s.Points {
		measured = append(measured, plotter.XY{X: float64(point.Tokens), Y: point.Ms})
	}
	points, err := plotter.NewScatter(measured)
	if err != nil {
		return err
	}
	line := plotter.NewFunction(func(x float64) float64 { return s.Fixed + s.PerToken*x })
	line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
	p.Add(plotter.NewGrid(), line, points)
	p.Legend.Add(fitted(s), line)
	p.Legend.Left, p.Legend.Top = true, true
	p.Y.Max *= 1.1
	canvas := vgsvg.New(7*vg.Inch, 4*vg.Inch)
	p.Draw(draw.Crop(draw.New(canvas), 0, -vg.Points(12), 0, 0))
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = canvas.WriteTo(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
