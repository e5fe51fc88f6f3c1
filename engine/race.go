package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
)

// A runner is one of several ways to do the same work.
type runner struct {
	calls  []kernel.Call
	others []kernel.Call // that must compile too before it wins
	near   float64       // how far results may be from the first runner's: Σ(y-first)² over Σ first²

	program gpu.Program
	seconds float64 // of one run, the shortest; 0: none came to its end
	err     error   // why it is out of the race
}

// A race finds the fastest of its runners, which take turns.
type race struct {
	*scratch
	now     func() time.Time
	limit   time.Duration // of its rounds
	runners []runner
	result  gpu.Binding
	checked []int // where numbers of the result are compared, in bytes
	width   int   // how many numbers, at each of them
}

// A runner that is hopeless after its first run, or behind after a round, runs no more; but
// the first, whom others must beat, has all its turns.
const (
	raceTime  = 400 * time.Millisecond
	batchTime = 10 * time.Millisecond // of a turn
	mostRuns  = 64                    // in a turn
	rounds    = 12
	hopeless  = 3.0 // times as long as the best
	behind    = 1.5
)

// run fills in what the runners took, or why they did not. Its error is one that ends
// everything: the device is lost, or ctx ended.
func (r *race) run(ctx context.Context) error {
	r.compile(ctx)
	var first []float32
	for i := range r.runners {
		x := &r.runners[i]
		if x.err == nil {
			x.err = r.check(ctx, x, &first)
		}
		if x.err == nil {
			x.seconds, x.err = r.turn(ctx, x, 1)
		}
		if err := final(ctx, x.err); err != nil {
			return err
		}
	}
	best := r.best()
	if best < 0 {
		return nil
	}
	start, runs := r.now(), max(1, min(mostRuns, int(batchTime.Seconds()/r.runners[best].seconds)))
	slack := hopeless
	for round := 0; round < rounds && best >= 0 && (round < 2 || r.now().Sub(start) < r.limit); round++ {
		slowest := slack * r.runners[best].seconds
		slack = behind
		for i := range r.runners {
			x := &r.runners[i]
			if x.err != nil || i > 0 && x.seconds > slowest {
				continue
			}
			seconds, err := r.turn(ctx, x, runs)
			if x.err = err; err == nil {
				x.seconds = min(x.seconds, seconds)
			} else if err := final(ctx, err); err != nil {
				return err
			}
		}
		best = r.best()
	}
	return nil
}

// best is the fastest so far; -1 if all are out of the race.
func (r *race) best() int {
	best := -1
	for i, x := range r.runners {
		if x.err == nil && (best < 0 || x.seconds < r.runners[best].seconds) {
			best = i
		}
	}
	return best
}

// final is an error after which nothing more can be measured.
func final(ctx context.Context, err error) error {
	if errors.Is(err, gpu.ErrDeviceLost) {
		return err
	}
	return ctx.Err()
}

// compile makes the runners' programs, each for itself, as a compiler may refuse some.
func (r *race) compile(ctx context.Context) {
	var group errgroup.Group
	group.SetLimit(8)
	for i := range r.runners {
		x := &r.runners[i]
		group.Go(func() error {
			x.err = r.pipelines.Prepare(ctx, x.calls)
			return nil
		})
	}
	group.Wait()
	for i := range r.runners {
		if x := &r.runners[i]; x.err == nil {
			x.program, x.err = r.pipelines.Compile(ctx, "tune", x.calls)
		}
	}
}

// turn is the seconds of one of n runs.
func (r *race) turn(ctx context.Context, x *runner, n int) (float64, error) {
	start := r.now()
	done, err := gpu.SubmitRead(r.dev, r.result.Buffer, 0, 4, slices.Repeat([]gpu.Program{x.program}, n)...)
	if err == nil {
		err = done.Wait(ctx, make([]byte, 4))
	}
	return r.now().Sub(start).Seconds() / float64(n), err
}

// check runs it once, and compares with the first runner's results: a kernel that a driver
// gets wrong may well be the fastest.
func (r *race) check(ctx context.Context, x *runner, first *[]float32) error {
	nans, _ := binary.Append(nil, binary.LittleEndian, slices.Repeat([]uint32{math.Float32bits(float32(math.NaN()))}, r.width))
	for _, at := range r.checked {
		if err := r.dev.Write(r.result.Buffer, at, nans); err != nil {
			return err
		}
	}
	if err := r.dev.Submit(x.program); err != nil {
		return err
	}
	var got []float32
	for _, at := range r.checked {
		part, raw := make([]float32, r.width), make([]byte, 4*r.width)
		if err := gpu.ReadInto(ctx, r.dev, r.result.Buffer, at, raw); err != nil {
			return err
		}
		binary.Decode(raw, binary.LittleEndian, part)
		got = append(got, part...)
	}
	if *first == nil {
		*first = got
	}
	var off, size float64
	for i, want := range *first {
		off += float64(got[i]-want) * float64(got[i]-want)
		size += float64(want) * float64(want)
	}
	if !(off <= x.near*size) || size == 0 { // not for NaN either
		return fmt.Errorf("its results are wrong, by %.2g", off/size)
	}
	return nil
}

// faster is what a variant's time must be of the first's to take its place.
const faster = 0.97

// contest lets variants race; the first is that of the table.
func contest[V any](ctx context.Context, r *race, variants []V, as func(V) runner) ([]Timed[V], error) {
	if r.err != nil {
		return nil, final(ctx, r.err)
	}
	var list []Timed[V]
	seen := map[string]bool{}
	for _, v := range variants {
		x := as(v)
		if label := x.calls[0].Label(); !seen[label] { // some differ only for weights of another format
			seen[label] = true
			list, r.runners = append(list, Timed[V]{Variant: v}), append(r.runners, x)
		}
	}
	if err := r.run(ctx); err != nil {
		return nil, err
	}
	winner, err := r.winner(ctx)
	if err != nil {
		return nil, err
	}
	for i := range r.runners {
		list[i].Seconds = r.runners[i].seconds
		if err := r.runners[i].err; err != nil {
			list[i].Error = err.Error()
		}
	}
	list[winner].InUse = true
	return list, nil
}

// winner is the fastest whose other kernels compile too; the first, unless it is clearly
// faster.
func (r *race) winner(ctx context.Context) (int, error) {
	table := &r.runners[0]
	for {
		i := r.best()
		if i <= 0 || table.err == nil && r.runners[i].seconds > faster*table.seconds {
			return 0, nil
		}
		best := &r.runners[i]
		if best.err = r.pipelines.Prepare(ctx, best.others); best.err == nil {
			return i, nil
		}
		if err := final(ctx, best.err); err != nil {
			return 0, err
		}
	}
}
