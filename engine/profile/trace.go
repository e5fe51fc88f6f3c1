package profile

import (
	"encoding/json"
	"io"
	"math"
	"time"
)

// traceEvent is one of Chrome's trace event format, which ui.perfetto.dev opens. Times
// are in microseconds.
type traceEvent struct {
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	Phase    string         `json:"ph"` // X: from Start for Duration; M: about a row
	Start    float64        `json:"ts"`
	Duration float64        `json:"dur"`
	Process  int            `json:"pid"`
	Row      int            `json:"tid"`
	Args     map[string]any `json:"args,omitempty"`
}

const (
	hostRow = 1
	gpuRow  = 2
)

// WriteTrace writes the record as a trace: a row of the host's submits and reads, and one
// of the GPU's dispatches. Where the GPU's clock stands against the host's is not known;
// it is taken to be as late as the spans' submits allow.
func (r Record) WriteTrace(w io.Writer) error {
	micros := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
	events := []traceEvent{
		{Name: "process_name", Phase: "M", Process: 1, Args: map[string]any{"name": "mixtab"}},
		{Name: "thread_name", Phase: "M", Process: 1, Row: hostRow, Args: map[string]any{"name": "host"}},
		{Name: "thread_name", Phase: "M", Process: 1, Row: gpuRow, Args: map[string]any{"name": "GPU"}},
	}
	for _, e := range r.Host {
		events = append(events, traceEvent{Name: e.Name, Phase: "X", Process: 1, Row: hostRow,
			Start: micros(e.Start), Duration: micros(e.End - e.Start)})
	}
	ahead := time.Duration(math.MaxInt64) // of the host's clock
	for _, s := range r.Spans {
		ahead = min(ahead, r.Host[s.submit].End-s.End)
	}
	for _, s := range r.Spans {
		args := map[string]any{"program": s.Program}
		if us := micros(s.Duration()); us > 0 && s.Work.Bytes > 0 {
			args["GB/s"], args["GFLOP/s"] = s.Work.Bytes/1000/us, s.Work.Flops/1000/us
		}
		events = append(events, traceEvent{Name: s.Kernel, Category: s.Program, Phase: "X", Process: 1, Row: gpuRow,
			Start: micros(s.Start + ahead), Duration: micros(s.Duration()), Args: args})
	}
	return json.NewEncoder(w).Encode(map[string]any{"traceEvents": events, "displayTimeUnit": "ms"})
}
