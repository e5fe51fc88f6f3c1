package profile_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/profile"
	"mixtab/engine/ref"
)

func TestTable(t *testing.T) {
	span := func(kernel string, ms int, bytes, flops float64) profile.Span {
		return profile.Span{Kernel: kernel, Span: gpu.Span{Start: time.Second, End: time.Second + time.Duration(ms)*time.Millisecond},
			Work: gpu.Work{Bytes: bytes, Flops: flops}}
	}
	rows := profile.Table([]profile.Span{
		span("small", 2, 0, 0),
		span("large", 4, 20e6, 1e6), // 2 ms of memory, 0.01 of arithmetic
		span("large", 2, 1e6, 1e8),  // 0.1 ms of memory, 1 of arithmetic
	}, profile.Limits{GBs: 10, GFlops: 100})
	want := []profile.Row{
		{Kernel: "large", Calls: 2, Seconds: 0.006, GBs: 3.5, GFlops: 101e6 / 6e6, LimitShare: 0.5, TimeShare: 0.75},
		{Kernel: "small", Calls: 1, Seconds: 0.002, TimeShare: 0.25},
	}
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(rows), len(want))
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }
	for i, w := range want {
		r := rows[i]
		if r.Kernel != w.Kernel || r.Calls != w.Calls || !near(r.Seconds, w.Seconds) || !near(r.GBs, w.GBs) || !near(r.GFlops, w.GFlops) ||
			!near(r.LimitShare, w.LimitShare) || !near(r.TimeShare, w.TimeShare) {
			t.Errorf("row %d: got %+v, want %+v", i, r, w)
		}
	}
	var text strings.Builder
	if err := profile.WriteTable(&text, rows, 2); err != nil || !strings.Contains(text.String(), "1  3.000  75.0 %   3000.0  3.50") {
		t.Errorf("%v\n%s", err, text.String())
	}
}

// attention is a program of one query at position 9, on a wrapped device.
func attention(t *testing.T, dev gpu.Device) (gpu.Program, gpu.Buffer) {
	t.Helper()
	buffer := func(words ...uint32) gpu.Binding {
		data, _ := binary.Append(nil, binary.LittleEndian, words)
		b, err := dev.NewBuffer(t.Context(), "b", gpu.Storage, len(data))
		if err == nil {
			err = dev.Write(b, 0, data)
		}
		if err != nil {
			t.Fatal(err)
		}
		return gpu.Binding{Buffer: b}
	}
	heads := kernel.Heads{NHeads: 2, NKVHeads: 1, HeadDim: 32}
	q, k, v, y := buffer(make([]uint32, 64)...), buffer(make([]uint32, 320)...), buffer(make([]uint32, 320)...), buffer(make([]uint32, 64)...)
	p, err := kernel.NewPipelines(dev).Compile(t.Context(), "layer 0", []kernel.Call{
		kernel.Attention(kernel.TuningFor(dev.Info()), q, kernel.KV{Format: kernel.KVF32, K: k, V: v, Context: 10}, buffer(9, 1), gpu.Binding{}, y, 1, heads)[0]})
	if err != nil {
		t.Fatal(err)
	}
	return p, y.Buffer
}

// What a dispatch must do depends on where its pass stands, which the wrapper reads.
func TestRecord(t *testing.T) {
	dev, err := profile.Wrap(ref.New())
	if err != nil {
		t.Fatal(err)
	}
	p, y := attention(t, dev)
	if err := dev.Submit(p); err != nil {
		t.Fatal(err)
	}
	dev.Start()
	for range 2 {
		if err := dev.Submit(p); err != nil {
			t.Fatal(err)
		}
	}
	read, err := gpu.SubmitRead(dev, y, 0, 8, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Wait(t.Context(), make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	r := dev.Stop()
	if err := dev.Submit(p); err != nil {
		t.Fatal(err)
	}
	if len(r.Spans) != 3 || len(r.Host) != 4 || r.Host[3].Name != "read b" {
		t.Fatalf("got %+v: want 3 dispatches, 3 submits and a read", r)
	}
	// 10 positions of keys and values, the query, the result; two dots of 32 for each head and position.
	want := gpu.Work{Bytes: 10*2*32*4 + 2*64*4, Flops: 10 * 2 * 2 * 2 * 32}
	for _, s := range r.Spans {
		if !strings.HasPrefix(s.Kernel, "attention ") || s.Program != "layer 0" || s.Duration() <= 0 || s.Work != want {
			t.Errorf("got %+v, want %+v of attention in layer 0", s, want)
		}
	}
}

func TestWrapWithoutTimestamps(t *testing.T) {
	if _, err := profile.Wrap(struct{ gpu.Device }{ref.New()}); err == nil {
		t.Error("a device that is no Profiler was wrapped")
	}
}

// Every dispatch lies within its submit, in microseconds.
func TestWriteTrace(t *testing.T) {
	dev, err := profile.Wrap(ref.New())
	if err != nil {
		t.Fatal(err)
	}
	p, _ := attention(t, dev)
	dev.Start()
	for range 5 {
		if err := dev.Submit(p, p); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	var file bytes.Buffer
	if err := dev.Stop().WriteTrace(&file); err != nil {
		t.Fatal(err)
	}
	type event struct {
		Name, Cat, Ph string
		Ts, Dur       float64
		Tid           int
	}
	var trace struct{ TraceEvents []event }
	if err := json.Unmarshal(file.Bytes(), &trace); err != nil {
		t.Fatal(err)
	}
	var submits, dispatches []event
	for _, e := range trace.TraceEvents {
		switch {
		case e.Ph == "X" && e.Tid == 1:
			submits = append(submits, e)
		case e.Ph == "X" && e.Tid == 2:
			dispatches = append(dispatches, e)
		}
	}
	if len(submits) != 5 || len(dispatches) != 10 {
		t.Fatalf("%d submits and %d dispatches, want 5 and 10", len(submits), len(dispatches))
	}
	for i, d := range dispatches {
		s := submits[i/2]
		if s.Name != "submit layer 0" || d.Cat != "layer 0" || d.Ts < s.Ts || d.Ts+d.Dur > s.Ts+s.Dur+0.001 {
			t.Errorf("dispatch %+v lies outside its submit %+v", d, s)
		}
	}
}
