package profile

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"mixtab/engine/gpu"
)

// Limits are what an adapter was measured to reach.
type Limits struct {
	GBs    float64 // of memory, read plus written
	GFlops float64 // of float32; 0: not measured
}

// seconds is what the work takes at least.
func (l Limits) seconds(w gpu.Work) float64 {
	s := w.Bytes / 1e9 / l.GBs
	if l.GFlops > 0 {
		s = max(s, w.Flops/1e9/l.GFlops)
	}
	return s
}

// A Row sums up the dispatches of a kernel.
type Row struct {
	Kernel     string   `json:"kernel"` // the pipeline's label
	Calls      int      `json:"calls"`
	Seconds    float64  `json:"seconds"`
	Work       gpu.Work `json:"-"`
	GBs        float64  `json:"gb_s"`
	GFlops     float64  `json:"gflop_s"`
	LimitShare float64  `json:"limit_share"` // the least time that the work takes on the adapter over the time it took
	TimeShare  float64  `json:"time_share"`  // of all rows
}

// Table sums the spans up by kernel, the costliest first.
func Table(spans []Span, l Limits) []Row {
	var rows []Row
	at := map[string]int{}
	var all time.Duration
	least := map[string]float64{}
	for _, s := range spans {
		i, ok := at[s.Kernel]
		if !ok {
			i, at[s.Kernel] = len(rows), len(rows)
			rows = append(rows, Row{Kernel: s.Kernel})
		}
		r := &rows[i]
		r.Calls++
		r.Seconds += s.Duration().Seconds()
		r.Work.Bytes += s.Work.Bytes
		r.Work.Flops += s.Work.Flops
		least[s.Kernel] += l.seconds(s.Work)
		all += s.Duration()
	}
	for i := range rows {
		r := &rows[i]
		if r.Seconds == 0 {
			continue
		}
		r.GBs, r.GFlops = r.Work.Bytes/1e9/r.Seconds, r.Work.Flops/1e9/r.Seconds
		r.LimitShare, r.TimeShare = least[r.Kernel]/r.Seconds, r.Seconds/all.Seconds()
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return rows
}

// WriteTable prints rows for people. Times are those of a run; runs is how many the rows
// sum up.
func WriteTable(w io.Writer, rows []Row, runs float64) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "calls\tms\tshare\tmean µs\tGB/s\tGFLOP/s\tof its limit\t  kernel")
	calls, seconds := 0, 0.0
	for _, r := range rows {
		fmt.Fprintf(t, "%.4g\t%.3f\t%.1f %%\t%.1f\t%.2f\t%.2f\t%.0f %%\t  %s\n", float64(r.Calls)/runs, 1000*r.Seconds/runs, 100*r.TimeShare,
			1e6*r.Seconds/float64(r.Calls), r.GBs, r.GFlops, 100*r.LimitShare, r.Kernel)
		calls, seconds = calls+r.Calls, seconds+r.Seconds
	}
	fmt.Fprintf(t, "%.4g\t%.3f\t\t\t\t\t\t  all\n", float64(calls)/runs, 1000*seconds/runs)
	return t.Flush()
}
