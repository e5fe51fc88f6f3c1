package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/ref"
)

const (
	// checkRows is how many rows of a matrix are compared: the twin has one thread for them.
	checkRows = 208
	// tolerance is the squared error over the squared values. Activations of 8 bits make 5e-5.
	tolerance = 5e-4
)

// check runs every variant of a shape with few rows and compares it with the CPU twin. It
// returns the largest error; not a number where the results are none, and only the
// kernel's own tests compare them.
func check(ctx context.Context, dev gpu.Device, s shape) (float64, error) {
	twins, err := results(ctx, ref.New(), s, 1)
	if err != nil {
		return 0, err
	}
	all, err := results(ctx, dev, s, math.MaxInt)
	if err != nil {
		return 0, err
	}
	worst := math.NaN()
	for _, got := range all {
		var wrong, size float64
		for i, v := range twins[0].values {
			d := float64(got.values[i]) - float64(v)
			wrong += d * d
			size += float64(v) * float64(v)
		}
		e := wrong / size
		if !(e <= tolerance) {
			return 0, fmt.Errorf("%s: %s is off its twin's result by %.2g, where %.0g is allowed: "+
				"go test ./desktop/webgpu -run TestKernels/%s says where", s, got.label, e, tolerance, s.stem)
		}
		if !(worst >= e) {
			worst = e
		}
	}
	return worst, nil
}

// A result is what a variant wrote.
type result struct {
	label  string
	values []float32
}

// results runs at most so many variants of a shape with few rows; none where its results
// are no numbers.
func results(ctx context.Context, dev gpu.Device, s shape, most int) ([]result, error) {
	m := newMaker(ctx, dev, checkRows)
	defer m.release()
	r := s.build(m)
	if m.err != nil || r.out.Buffer == nil {
		return nil, m.err
	}
	pipelines := kernel.NewPipelines(dev)
	defer pipelines.Close()
	all, err := compile(ctx, pipelines, dev, s, r)
	if err != nil {
		return nil, err
	}
	var got []result
	for _, v := range all[:min(most, len(all))] {
		bytes := make([]byte, r.out.Buffer.Size())
		if err := dev.Write(r.out.Buffer, 0, bytes); err != nil {
			return nil, err
		}
		if err := dev.Submit(v.program); err != nil {
			return nil, err
		}
		if err := gpu.ReadInto(ctx, dev, r.out.Buffer, 0, bytes); err != nil {
			return nil, err
		}
		values := make([]float32, len(bytes)/4)
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(bytes[4*i:]))
		}
		got = append(got, result{v.label, values})
	}
	return got, nil
}
