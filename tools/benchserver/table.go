package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/dustin/go-humanize"
)

// A result is all of a run; its JSON is what -json prints.
type result struct {
	Cores  int      `json:"cores"`
	Rounds int      `json:"rounds"`
	Rows   []row    `json:"rows"`
	Memory *memory  `json:"memory,omitempty"`
	Missed []string `json:"missed"`
}

// print writes tables in Markdown, as docs/BENCH.md has them.
func (r result) print(w io.Writer, asJSON bool) error {
	fmt.Fprintln(w, "| what | nginx | mixtab-server | ratio | bar | server's processor time: nginx, ours | ratio | bar |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	for _, row := range r.Rows {
		bar, cpu, cpuRatio, cpuBar := "–", "–", "–", "–"
		if row.Bar > 0 {
			bar = verdict(fmt.Sprintf("≥ %.2f", row.Bar), row.Ratio < row.Bar)
		}
		if row.CPUBar > 0 {
			cpuBar = verdict(fmt.Sprintf("≤ %.1f", row.CPUBar), row.CPURatio > row.CPUBar)
		}
		if row.CPUUnit != "" {
			cpu = fmt.Sprintf("%s, %s %s", figure(row.Nginx.CPU), figure(row.Mixtab.CPU), row.CPUUnit)
			cpuRatio = fmt.Sprintf("%.2f", row.CPURatio)
		}
		fmt.Fprintf(w, "| %s | %.0f %s | %.0f | %.2f | %s | %s | %s | %s |\n", row.Name, row.Nginx.Rate, row.Unit, row.Mixtab.Rate,
			row.Ratio, bar, cpu, cpuRatio, cpuBar)
	}
	fmt.Fprintln(w, "\n| latency | nginx: 50, 90, 99, 99.9 % | mixtab-server |")
	fmt.Fprintln(w, "|---|---|---|")
	for _, row := range r.Rows {
		if row.Nginx.P50 > 0 {
			fmt.Fprintf(w, "| %s | %s | %s |\n", row.Name, row.Nginx.latency(), row.Mixtab.latency())
		}
	}
	if m := r.Memory; m != nil {
		fmt.Fprintln(w, "\n| memory of mixtab-server | resident | bar |")
		fmt.Fprintln(w, "|---|---|---|")
		size := func(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
		fmt.Fprintf(w, "| just started, a pack of %s | %s | – |\n", humanize.Bytes(uint64(m.PackBytes)), size(m.Started))
		fmt.Fprintf(w, "| peak with %d downloads of it at once (%s in all) | %s | %s |\n", m.Downloads, humanize.Bytes(uint64(m.DownloadBytes)),
			size(m.DownloadPeak), verdict("≤ "+size(downloadBar), m.missed()))
		fmt.Fprintf(w, "| %s idle connections | %s (nginx %s) | – |\n", humanize.Comma(int64(m.Idle)), size(m.IdleRSS), size(m.NginxIdleRSS))
	}
	if !asJSON {
		return nil
	}
	return json.NewEncoder(w).Encode(r)
}

func verdict(bar string, missed bool) string {
	if missed {
		return bar + " **missed**"
	}
	return bar
}

func figure(v float64) string {
	if v < 10 {
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprintf("%.1f", v)
}

func (f figures) latency() string {
	return fmt.Sprintf("%.2f, %.2f, %.2f, %.2f ms", f.P50, f.P90, f.P99, f.P999)
}
