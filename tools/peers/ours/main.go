//go:build js

// Ours runs mixtab's kernels in the browser on the operations that tools/peers compares,
// one at a time when it is told to: it asks its page's server for what to do and answers
// with how long it took and what came out.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"mixtab/engine/gpu"
	"mixtab/wasm/webgpu"
)

// A job is what the server wants done: "load" an operation or "run" it once.
type job struct{ Do, Op string }

func main() {
	if err := serve(context.Background(), os.Getenv("MIXTAB_ORIGIN")); err != nil {
		fmt.Fprintln(os.Stderr, "ours:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, origin string) error {
	dev, err := webgpu.Open(ctx)
	if err != nil {
		return err
	}
	defer dev.Close()
	var loaded *operation
	for {
		r, err := get(origin + "/ours/job")
		if err != nil {
			return err
		}
		var j job
		err = json.NewDecoder(r).Decode(&j)
		r.Close()
		if err != nil {
			return err
		}
		var out []byte
		var took time.Duration
		switch j.Do {
		case "load":
			loaded, err = load(ctx, dev, origin+"/inputs/"+j.Op+"/", j.Op)
		case "run":
			out, took, err = loaded.run(ctx, dev)
		default:
			err = fmt.Errorf("no such job: %q", j.Do)
		}
		if err := answer(origin, out, took, err); err != nil {
			return err
		}
	}
}

func get(url string) (io.ReadCloser, error) {
	r, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	if r.StatusCode != http.StatusOK {
		r.Body.Close()
		return nil, fmt.Errorf("%s: %s", url, r.Status)
	}
	return r.Body, nil
}

func answer(origin string, out []byte, took time.Duration, failed error) error {
	q := url.Values{"ms": {strconv.FormatFloat(took.Seconds()*1000, 'f', 3, 64)}}
	if failed != nil {
		q.Set("error", failed.Error())
	}
	r, err := http.Post(origin+"/ours/done?"+q.Encode(), "application/octet-stream", bytes.NewReader(out))
	if err != nil {
		return err
	}
	return r.Body.Close()
}

// An operation is ready to run any number of times.
type operation struct {
	program gpu.Program
	output  gpu.Buffer
	before  []byte // what the output holds when a run starts, where kernels add to it
}

// run does it once and reads the whole result back. The clock stops when it is there.
func (o *operation) run(ctx context.Context, dev gpu.Device) ([]byte, time.Duration, error) {
	out := make([]byte, o.output.Size())
	if o.before != nil {
		if err := dev.Write(o.output, 0, o.before); err != nil {
			return nil, 0, err
		}
	}
	start := time.Now()
	if err := dev.Submit(o.program); err != nil {
		return nil, 0, err
	}
	err := gpu.ReadInto(ctx, dev, o.output, 0, out)
	return out, time.Since(start), err
}
