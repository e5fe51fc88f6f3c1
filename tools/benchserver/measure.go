package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// A sample is one turn of one server at one workload.
type sample struct {
	rate float64 // bytes or requests a second
	cpu  float64 // the server's seconds a byte or a request
	load
}

// figures are the medians of one server's samples.
type figures struct {
	Rate float64 `json:"rate"`
	CPU  float64 `json:"cpu,omitempty"`
	P50  float64 `json:"p50_ms,omitempty"`
	P90  float64 `json:"p90_ms,omitempty"`
	P99  float64 `json:"p99_ms,omitempty"`
	P999 float64 `json:"p999_ms,omitempty"`
}

// A row is what was measured of a workload. Ratios are the medians of the rounds' own:
// two turns that follow each other share what else happens on the machine.
type row struct {
	Name     string  `json:"name"`
	Unit     string  `json:"unit"`               // of the rates
	CPUUnit  string  `json:"cpu_unit,omitempty"` // of the processor time
	Nginx    figures `json:"nginx"`
	Mixtab   figures `json:"mixtab"`
	Ratio    float64 `json:"ratio"` // ours ÷ nginx's
	CPURatio float64 `json:"cpu_ratio,omitempty"`
	Bar      float64 `json:"bar,omitempty"`
	CPUBar   float64 `json:"cpu_bar,omitempty"`
}

func (r row) missed() bool {
	return !(r.Ratio >= r.Bar) || r.CPUBar > 0 && !(r.CPURatio <= r.CPUBar)
}

// measure gives both servers a turn at each workload, in as many rounds. In every other
// round ours is first.
func measure(ctx context.Context, nginx, ours *contender, loads []workload, rounds int, progress func()) ([]row, error) {
	samples := make([][2][]sample, len(loads))
	for round := range rounds {
		for i, w := range loads {
			for turn := range 2 {
				who := (round + turn) % 2
				s, err := w.sample(ctx, []*contender{nginx, ours}[who])
				if err != nil {
					return nil, fmt.Errorf("%s: %w", w.name, err)
				}
				samples[i][who] = append(samples[i][who], s)
				progress()
			}
		}
	}
	var rows []row
	for i, w := range loads {
		rows = append(rows, w.row(samples[i][0], samples[i][1]))
	}
	return rows, nil
}

func (w workload) sample(ctx context.Context, c *contender) (sample, error) {
	d := time.Second
	if w.long {
		d = 2 * time.Second
	}
	before, err := c.processes[w.mode].Usage()
	if err != nil {
		return sample{}, err
	}
	l, err := w.run(ctx, c.addrs[w.mode], d)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w\n%s", c.name, err, c.processes[w.mode].Output())
	}
	after, err := c.processes[w.mode].Usage()
	if err != nil {
		return sample{}, err
	}
	n := float64(l.Bytes)
	if w.small {
		n = float64(l.Requests)
	}
	if n == 0 {
		return sample{}, fmt.Errorf("%s: nothing came", c.name)
	}
	return sample{rate: n / l.Seconds, cpu: (after.CPU - before.CPU).Seconds() / n, load: l}, nil
}

func (w workload) row(nginx, ours []sample) row {
	r := row{Name: w.name, Unit: "MB/s", CPUUnit: "s/GB", Bar: w.bar, CPUBar: w.cpuBar}
	rate, cpu := 1e-6, 1e9
	if w.small {
		r.Unit, r.CPUUnit, rate, cpu = "requests/s", "µs/request", 1, 1e6
	}
	medians := func(samples []sample) figures {
		ms := func(get func(load) time.Duration) float64 {
			return 1e3 * median(samples, func(s sample) float64 { return get(s.load).Seconds() })
		}
		return figures{
			Rate: rate * median(samples, func(s sample) float64 { return s.rate }),
			CPU:  cpu * median(samples, func(s sample) float64 { return s.cpu }),
			P50:  ms(func(l load) time.Duration { return l.P50 }),
			P90:  ms(func(l load) time.Duration { return l.P90 }),
			P99:  ms(func(l load) time.Duration { return l.P99 }),
			P999: ms(func(l load) time.Duration { return l.P999 }),
		}
	}
	r.Nginx, r.Mixtab = medians(nginx), medians(ours)
	rates, cpus := make([]float64, len(ours)), make([]float64, len(ours))
	for i := range ours {
		rates[i], cpus[i] = ours[i].rate/nginx[i].rate, ours[i].cpu/nginx[i].cpu
	}
	self := func(f float64) float64 { return f }
	r.Ratio, r.CPURatio = median(rates, self), median(cpus, self)
	if w.beside {
		r.CPUUnit, r.CPURatio, r.Nginx.CPU, r.Mixtab.CPU = "", 0, 0, 0
	}
	return r
}

func median[T any](all []T, get func(T) float64) float64 {
	var values []float64
	for _, v := range all {
		values = append(values, get(v))
	}
	slices.Sort(values)
	half := len(values) / 2
	if len(values)%2 == 1 {
		return values[half]
	}
	return (values[half-1] + values[half]) / 2
}

func hash(data []byte) [sha256.Size]byte { return sha256.Sum256(data) }
