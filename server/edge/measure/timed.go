package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"mixtab/server/conformance"
	"mixtab/server/edge/workerd"
)

// modes are how programs of Go are kept, by the Worker's variable INSTANCES.
var modes = []struct {
	name string
	vars map[string]any
}{
	{"one program", nil},
	{"one for each request", map[string]any{"INSTANCES": "request"}},
}

// A load is what is asked for, many times.
type load struct {
	name             string
	path, ranges     string
	requests, atOnce int
}

// enough is how long a load lasts at most.
const enough = 3 * time.Second

// An outcome is the median of all rounds.
type outcome struct {
	Mode     string  `json:"mode"`
	Load     string  `json:"load"`
	Rate     float64 `json:"requests_per_second"`
	MBs      float64 `json:"mb_per_second"`
	CPU      float64 `json:"cpu_ms_per_request"`      // of workerd, with the simulation of R2
	Isolates float64 `json:"isolates_ms_per_request"` // of that, in the thread of the isolates
	FirstMS  float64 `json:"first_ms"`                // of the first request to a new process
	FirstCPU float64 `json:"first_cpu_ms"`
	FirstIso float64 `json:"first_isolates_ms"`
	ReadyMS  float64 `json:"ready_ms"` // from the start of workerd until it listens
	RSS      int64   `json:"rss"`      // when all is done
}

// timed prints a table, and a JSON array at its end. The modes take turns, so that other
// work of the machine meets both.
func timed(ctx context.Context, dir string, rounds int, stdout io.Writer) error {
	big := "/packs/" + conformance.Large + "/" + conformance.BigShard()
	loads := []load{
		{"text, 1 at a time", "/healthz", "", 100, 1},
		{"text, 16 at a time", "/healthz", "", 200, 16},
		{"1 KB of a shard, 1 at a time", big, "bytes=4096-5119", 100, 1},
		{"1 KB of a shard, 16 at a time", big, "bytes=4096-5119", 200, 16},
		{"64 MiB, 1 at a time", big, "", 2, 1},
		{"64 MiB, 4 at a time", big, "", 4, 4},
	}
	if err := writeMixtral(filepath.Join(dir, "packs", "mixtral")); err != nil {
		return err
	}
	samples := make(map[[2]string][]outcome)
	for range rounds {
		for _, mode := range modes {
			got, err := timedOnce(ctx, dir, mode.vars, loads)
			if err != nil {
				return fmt.Errorf("%s: %w", mode.name, err)
			}
			for i, o := range got {
				key := [2]string{mode.name, loads[i].name}
				samples[key] = append(samples[key], o)
			}
		}
	}
	fmt.Fprintf(stdout, "| programs | load | requests/s | MB/s | CPU a request | of the isolates |\n|---|---|---|---|---|---|\n")
	var all []outcome
	for _, mode := range modes {
		for _, l := range loads {
			o := median(samples[[2]string{mode.name, l.name}])
			o.Mode, o.Load = mode.name, l.name
			all = append(all, o)
			fmt.Fprintf(stdout, "| %s | %s | %.0f | %.0f | %.2f ms | %.2f ms |\n", o.Mode, o.Load, o.Rate, o.MBs, o.CPU, o.Isolates)
		}
	}
	for i := 0; i < len(all); i += len(loads) {
		fmt.Fprintf(stdout, "%s: workerd listens after %.0f ms; its first answer takes %.0f ms, %.0f ms of CPU, %.0f of them in the thread of the isolates; it has %d MB in the end\n",
			all[i].Mode, all[i].ReadyMS, all[i].FirstMS, all[i].FirstCPU, all[i].FirstIso, all[i].RSS/1e6)
	}
	return json.NewEncoder(stdout).Encode(all)
}

// timedOnce starts the Worker anew and puts it under each load.
func timedOnce(ctx context.Context, dir string, vars map[string]any, loads []load) ([]outcome, error) {
	packs := filepath.Join(dir, "packs")
	site, err := workerd.Start(workerd.Settings{Build: dir, Preset: conformance.Small, Vars: vars, Packs: map[string]string{
		conformance.Small: filepath.Join(packs, conformance.Small), conformance.Large: filepath.Join(packs, conformance.Large),
		"mixtral": filepath.Join(packs, "mixtral")}})
	if err != nil {
		return nil, err
	}
	process, err := site.Process()
	if err != nil {
		return nil, errors.Join(err, site.Stop())
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true}}
	// The first request has the manifests read.
	first, err := load{path: "/packs.json", requests: 1, atOnce: 1}.run(ctx, client, site.URL, process)
	var all []outcome
	for _, l := range loads {
		if err != nil {
			break
		}
		var o outcome
		o, err = l.run(ctx, client, site.URL, process)
		o.FirstMS, o.FirstCPU, o.FirstIso, o.ReadyMS = 1000/first.Rate, first.CPU, first.Isolates, site.Ready.Seconds()*1000
		all = append(all, o)
	}
	rss, rssErr := process.RSS()
	for i := range all {
		all[i].RSS = rss
	}
	return all, errors.Join(err, rssErr, site.Stop())
}

func (l load) run(ctx context.Context, client *http.Client, url string, process workerd.Process) (o outcome, err error) {
	before, err := process.CPU()
	if err != nil {
		return o, err
	}
	var (
		start = time.Now()
		queue = make(chan struct{})
		errs  = make([]error, l.atOnce)
		sizes = make([]int64, l.atOnce)
		all   sync.WaitGroup
	)
	for i := range l.atOnce {
		all.Go(func() {
			for range queue {
				n, err := fetch(ctx, client, url+l.path, l.ranges)
				sizes[i] += n
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	done := 0
	for ; done < l.requests && time.Since(start) < enough; done++ {
		queue <- struct{}{}
	}
	close(queue)
	all.Wait()
	took := time.Since(start).Seconds()
	after, err := process.CPU()
	var bytes int64
	for _, n := range sizes {
		bytes += n
	}
	o.Rate = float64(done) / took
	o.MBs = float64(bytes) / took / 1e6
	o.CPU = (after.All - before.All).Seconds() * 1000 / float64(done)
	o.Isolates = (after.Isolates - before.Isolates).Seconds() * 1000 / float64(done)
	return o, errors.Join(append(errs, err)...)
}

// fetch reads all of an answer and counts it.
func fetch(ctx context.Context, client *http.Client, url, ranges string) (int64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	if ranges != "" {
		r.Header.Set("Range", ranges)
	}
	resp, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %s", url, resp.Status)
	}
	return n, err
}

// median takes the median of each figure by itself.
func median(of []outcome) outcome {
	figure := func(get func(outcome) float64) float64 {
		var all []float64
		for _, o := range of {
			all = append(all, get(o))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	return outcome{
		Rate:     figure(func(o outcome) float64 { return o.Rate }),
		MBs:      figure(func(o outcome) float64 { return o.MBs }),
		CPU:      figure(func(o outcome) float64 { return o.CPU }),
		Isolates: figure(func(o outcome) float64 { return o.Isolates }),
		FirstMS:  figure(func(o outcome) float64 { return o.FirstMS }),
		FirstCPU: figure(func(o outcome) float64 { return o.FirstCPU }),
		FirstIso: figure(func(o outcome) float64 { return o.FirstIso }),
		ReadyMS:  figure(func(o outcome) float64 { return o.ReadyMS }),
		RSS:      int64(figure(func(o outcome) float64 { return float64(o.RSS) })),
	}
}
