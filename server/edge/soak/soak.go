// Package soak asks the Worker for a great many things, as a crowd would: small files,
// ranges, whole shards of 64 MiB, what is not there, what a failing bucket does not give,
// and much that is broken off. Every answer is checked, and the memory is sampled.
package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"mixtab/server/conformance"
	"mixtab/server/edge/workerd"
)

// Options say how much.
type Options struct {
	Requests int
	Every    int // requests between two samples
	Parallel int
	Seed     uint64
	Sampled  func(Sample) // is told of each as it is taken; may be nil
}

// A Sample is the state after so many requests.
type Sample struct {
	Requests int   `json:"requests"`
	RSS      int64 `json:"rss"`         // of the whole process, with the simulation of R2
	Wasm     int64 `json:"wasm"`        // of the Go program that is kept
	Heap     int64 `json:"heap"`        // of JavaScript in the Worker's isolate, garbage with it
	Sent     int64 `json:"sent"`        // bytes of bodies
	Shards   int64 `json:"whole_files"` // of 64 MiB
	Errors   int   `json:"errors"`
}

// A Report is what came of it.
type Report struct {
	Samples []Sample       `json:"samples"`
	Kinds   map[string]int `json:"kinds"`  // of requests
	Errors  []string       `json:"errors"` // the first of them
	Starts  int            `json:"starts"` // of further Go programs
	Seconds float64        `json:"seconds"`
}

// Settings are those of a site for a soak, with the files that conformance.Write has put
// into dir. The bucket fails for some packs, by local/faults.mjs.
func Settings(dir string) workerd.Settings {
	small := filepath.Join(dir, "packs", conformance.Small)
	return workerd.Settings{
		Entry:   "faults.mjs",
		Inspect: true,
		Preset:  conformance.Small,
		Packs: map[string]string{
			conformance.Small: small, conformance.Large: filepath.Join(dir, "packs", conformance.Large),
			"throws": small, "gone": small, "other": small, "silent": small,
		},
	}
}

// Run soaks a site of Settings. The error is of what hinders the soak; wrong answers are
// in the report.
func Run(ctx context.Context, site *workerd.Site, dir string, o Options) (Report, error) {
	process, err := site.Process()
	if err != nil {
		return Report{}, err
	}
	crowd, err := newCrowd(site.URL, dir)
	if err != nil {
		return Report{}, err
	}
	defer crowd.close()
	before, err := site.Control(ctx, http.MethodGet, "", "")
	if err != nil {
		return Report{}, err
	}
	report := Report{Kinds: make(map[string]int)}
	random := rand.New(rand.NewPCG(o.Seed, 0))
	start, failed := time.Now(), 0
	for done := 0; done < o.Requests; {
		n := min(o.Every, o.Requests-done)
		var kinds []kind
		for range n {
			k := pick(random)
			report.Kinds[k.name]++
			kinds = append(kinds, k)
		}
		for _, err := range crowd.ask(ctx, kinds, o.Parallel, random.Uint64()) {
			if failed++; failed <= 20 {
				report.Errors = append(report.Errors, err.Error())
			}
		}
		done += n
		// Two minutes on, so that what clients left behind is seen to be left.
		state, err := site.Control(ctx, http.MethodGet, "?seconds=130", "")
		if err != nil {
			return report, err
		}
		heap, err := site.Heap()
		if err != nil {
			return report, err
		}
		rss, err := process.RSS()
		if err != nil {
			return report, err
		}
		report.Starts = state.Starts - before.Starts
		sample := Sample{done, rss, state.Bytes, heap, crowd.sent.Load(), crowd.whole.Load(), failed}
		report.Samples = append(report.Samples, sample)
		if o.Sampled != nil {
			o.Sampled(sample)
		}
	}
	report.Seconds = time.Since(start).Seconds()
	return report, nil
}

// ask makes requests, some at a time, and returns what was wrong with their answers.
func (c *crowd) ask(ctx context.Context, kinds []kind, parallel int, seed uint64) []error {
	var (
		queue = make(chan kind)
		all   sync.WaitGroup
		mu    sync.Mutex
		wrong []error
	)
	for i := range parallel {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		all.Go(func() {
			for k := range queue {
				ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
				if err := k.ask(c, ctx, random); err != nil {
					mu.Lock()
					wrong = append(wrong, fmt.Errorf("%s: %w", k.name, err))
					mu.Unlock()
				}
				cancel()
			}
		})
	}
	for _, k := range kinds {
		queue <- k
	}
	close(queue)
	all.Wait()
	return wrong
}

func client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: time.Minute}).DialContext,
		MaxIdleConnsPerHost: 64,
		DisableCompression:  true,
	}}
}
