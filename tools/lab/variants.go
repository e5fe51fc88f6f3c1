package main

import (
	"context"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
)

// variants are the tunings to try, the adapter's own first. Most differ in numbers that a
// kernel does not know; the labels of the calls tell which.
func variants(info gpu.Info) []kernel.Tuning {
	own := kernel.TuningForModel(info, dim)
	all := []kernel.Tuning{own}
	try := func(change func(*kernel.Tuning)) {
		t := own
		change(&t)
		all = append(all, t)
	}
	for _, p := range kernel.DecodeVariants(info) {
		try(func(t *kernel.Tuning) { t.Decode = p })
	}
	for _, p := range kernel.PrefillVariants(info) {
		try(func(t *kernel.Tuning) { t.Prefill = p })
	}
	for _, wg := range []int{16, 32, 64, 128, 256} {
		try(func(t *kernel.Tuning) { t.RowWG, t.ReduceWG = wg, wg })
		try(func(t *kernel.Tuning) { t.SampleWG = wg })
		for _, v := range kernel.AttentionVariants {
			if wg == 256 { // their sums are more than 32 KiB of workgroup memory
				break
			}
			try(func(t *kernel.Tuning) { t.AttentionWG, t.Attention = wg, v })
		}
	}
	return all
}

// A variant is a shape's program with one tuning.
type variant struct {
	label   string // of the pipelines
	tuning  kernel.Tuning
	program gpu.Program
	work    gpu.Work
}

// compile makes the programs of a setup, one for each tuning that makes a difference, and
// runs what goes before them.
func compile(ctx context.Context, pipelines *kernel.Pipelines, dev gpu.Device, s shape, r setup) ([]variant, error) {
	var all []variant
	seen := map[string]bool{}
	for _, t := range variants(dev.Info()) {
		calls := r.timed(t)
		v := variant{tuning: t}
		for i := range calls {
			if i > 0 {
				v.label += " + "
			}
			v.label += calls[i].Label()
			w := calls[i].Work(s.pos, s.n)
			v.work.Bytes += w.Bytes
			v.work.Flops += w.Flops
		}
		if seen[v.label] {
			continue
		}
		seen[v.label] = true
		if r.before != nil {
			before, err := pipelines.Compile(ctx, "before", r.before(t))
			if err != nil {
				return nil, err
			}
			if err := dev.Submit(before); err != nil {
				return nil, err
			}
		}
		var err error
		if v.program, err = pipelines.Compile(ctx, v.label, calls); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}
