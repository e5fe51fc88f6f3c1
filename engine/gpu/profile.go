package gpu

import (
	"context"
	"time"
)

// A Profiler times single dispatches. All drivers' devices are one; theirs refuse where
// the adapter has no timestamps (Features.TimestampQuery).
type Profiler interface {
	// Profile runs the programs as Submit does, but each dispatch in a pass of its own,
	// and waits for them. It returns a span for each dispatch, in order. What lies
	// between two passes does not count, so spans sum to another time than a Submit takes.
	Profile(ctx context.Context, programs ...Program) ([]Span, error)
}

// A Span is when a dispatch ran, on a clock of the device that starts anywhere.
type Span struct{ Start, End time.Duration }

// MaxTimestamps is how many timestamps every WebGPU device takes in one query set.
const MaxTimestamps = 4096

// Duration is how long the dispatch ran.
func (s Span) Duration() time.Duration { return s.End - s.Start }

// Work is the least that a dispatch must do, however it is written: the bytes that it
// must read and write once, and the operations on numbers, two for a product and a sum.
type Work struct{ Bytes, Flops float64 }

// A WorkFunc tells the work of a dispatch in a pass of n tokens from a position on.
type WorkFunc func(pos, n int) Work
