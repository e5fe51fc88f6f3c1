// Package profile tells where a device's time goes: a device that is wrapped can time every
// dispatch, and what it recorded becomes a table by kernel, or a trace for Perfetto.
package profile

import (
	"context"
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"time"

	"mixtab/engine/gpu"
)

// Device is a gpu.Device whose Submit, between Start and Stop, times each dispatch and
// waits for it. Nothing overlaps there, so the spans sum to more than the same work takes
// otherwise. Outside it is as fast as the device that it wraps.
type Device struct {
	gpu.Device
	profiler gpu.Profiler
	began    time.Time

	mu     sync.Mutex
	record *Record // nil while nothing is recorded
}

// A Record is what a device did.
type Record struct {
	Spans []Span  // of dispatches, in order
	Host  []Event // what the host did or waited for
}

// A Span is a dispatch.
type Span struct {
	gpu.Span
	Kernel, Program string // labels
	Work            gpu.Work
	submit          int // index of Host
}

// An Event is a call of the host, since the device was wrapped.
type Event struct {
	Name       string
	Start, End time.Duration
}

// Wrap returns a device on dev that records. It wants timestamps.
func Wrap(dev gpu.Device) (*Device, error) {
	p, ok := dev.(gpu.Profiler)
	if !ok || !dev.Info().Features.TimestampQuery {
		return nil, fmt.Errorf("profile: %s has no timestamps: take another adapter", dev.Info().Adapter)
	}
	return &Device{Device: dev, profiler: p, began: time.Now()}, nil
}

// Start begins a record.
func (d *Device) Start() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.record = new(Record)
}

// Stop ends the record that Start began.
func (d *Device) Stop() Record {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.record
	d.record = nil
	return *r
}

func (d *Device) recording() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.record != nil
}

// program is the inner device's program with what its spans are called.
type program struct {
	gpu.Program
	dispatches []gpu.Dispatch
}

func (d *Device) NewProgram(ctx context.Context, label string, dispatches []gpu.Dispatch) (gpu.Program, error) {
	inner, err := d.Device.NewProgram(ctx, label, dispatches)
	if err != nil {
		return nil, err
	}
	return &program{inner, dispatches}, nil
}

// Submit runs the programs, while recording one dispatch after the other.
func (d *Device) Submit(programs ...gpu.Program) error {
	inner, err := innerOf(programs)
	if err != nil {
		return err
	}
	if !d.recording() {
		return d.Device.Submit(inner...)
	}
	var dispatches []gpu.Dispatch
	var labels []string // of their programs
	for _, p := range programs {
		for _, dispatch := range p.(*program).dispatches {
			dispatches, labels = append(dispatches, dispatch), append(labels, p.Label())
		}
	}
	if len(dispatches) == 0 {
		return nil
	}
	ctx := context.Background()
	pos, n, err := d.state(ctx, dispatches)
	if err != nil {
		return err
	}
	start := time.Since(d.began)
	spans, err := d.profiler.Profile(ctx, inner...)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.record == nil {
		return nil
	}
	submit := len(d.record.Host)
	d.record.Host = append(d.record.Host, Event{"submit " + labels[0], start, time.Since(d.began)})
	for i, s := range spans {
		span := Span{Span: s, Kernel: dispatches[i].Pipeline.Desc().Label, Program: labels[i], submit: submit}
		if work := dispatches[i].Work; work != nil && n > 0 {
			span.Work = work(pos, n)
		}
		d.record.Spans = append(d.record.Spans, span)
	}
	return nil
}

// innerOf are the inner device's programs.
func innerOf(programs []gpu.Program) ([]gpu.Program, error) {
	inner := make([]gpu.Program, len(programs))
	for i, p := range programs {
		own, ok := p.(*program)
		if !ok {
			return nil, &gpu.ValidationError{Op: "submit", Message: fmt.Sprintf("program %q is of another device", p.Label())}
		}
		inner[i] = own.Program
	}
	return inner, nil
}

// stateBinding finds the binding of a kernel that lib/state.wgsl describes.
var stateBinding = regexp.MustCompile(`@binding\((\d+)\) var<[^>]*> state\b`)

// state reads the position and the number of tokens of the pass that the dispatches are
// of; one token at 0 where they know no state.
func (d *Device) state(ctx context.Context, dispatches []gpu.Dispatch) (pos, n int, err error) {
	for _, dispatch := range dispatches {
		m := stateBinding.FindStringSubmatch(dispatch.Pipeline.Desc().Source)
		if m == nil {
			continue
		}
		i, _ := strconv.Atoi(m[1])
		var words [8]byte
		if err := gpu.ReadInto(ctx, d.Device, dispatch.Bindings[i].Buffer, dispatch.Bindings[i].Offset, words[:]); err != nil {
			return 0, 0, err
		}
		return int(binary.LittleEndian.Uint32(words[:])), int(binary.LittleEndian.Uint32(words[4:])), nil
	}
	return 0, 1, nil
}

// StartRead records how long its bytes are waited for.
func (d *Device) StartRead(b gpu.Buffer, offset, n int) (gpu.Readback, error) {
	return d.SubmitRead(b, offset, n)
}

// SubmitRead is one call of the inner device where nothing is recorded.
func (d *Device) SubmitRead(b gpu.Buffer, offset, n int, programs ...gpu.Program) (gpu.Readback, error) {
	inner, err := innerOf(programs)
	if err != nil {
		return nil, err
	}
	if d.recording() {
		if err := d.Submit(programs...); err != nil {
			return nil, err
		}
		inner = nil
	}
	r, err := gpu.SubmitRead(d.Device, b, offset, n, inner...)
	if err != nil {
		return nil, err
	}
	return &readback{r, d, "read " + b.Label()}, nil
}

type readback struct {
	gpu.Readback
	d    *Device
	name string
}

func (r *readback) Wait(ctx context.Context, dst []byte) error {
	start := time.Since(r.d.began)
	err := r.Readback.Wait(ctx, dst)
	r.d.mu.Lock()
	defer r.d.mu.Unlock()
	if r.d.record != nil {
		r.d.record.Host = append(r.d.record.Host, Event{r.name, start, time.Since(r.d.began)})
	}
	return err
}
