package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// Small files are asked for by wrk, which takes about 5 µs of processor time a request
// where a client in Go would take as much as the server; TLS and HTTP/2 by h2load, one
// client for both versions.

//go:embed report.lua
var reportLua []byte

// wrk asks for one file from several connections, each again as soon as it has its answer.
func wrk(ctx context.Context, url string, connections int, d time.Duration, header ...string) (load, error) {
	dir, err := os.MkdirTemp("", "mixtab-wrk-")
	if err != nil {
		return load{}, err
	}
	defer os.RemoveAll(dir)
	script := filepath.Join(dir, "report.lua")
	if err := os.WriteFile(script, reportLua, 0o600); err != nil {
		return load{}, err
	}
	args := []string{"-t1", "-c", strconv.Itoa(connections), "-d", strconv.Itoa(seconds(d)), "-s", script}
	for _, h := range header {
		args = append(args, "-H", h)
	}
	text, err := exec.CommandContext(ctx, "wrk", append(args, url)...).CombinedOutput()
	if err != nil {
		return load{}, fmt.Errorf("wrk: %w\n%s", err, text)
	}
	var r struct{ Requests, Bytes, Micros, Failed, P50, P90, P99, P999 int64 }
	last := bytes.LastIndexByte(bytes.TrimSpace(text), '\n') + 1
	if err := json.Unmarshal(text[last:], &r); err != nil {
		return load{}, fmt.Errorf("wrk: %w\n%s", err, text)
	}
	if r.Failed > 0 || r.Requests == 0 {
		return load{}, fmt.Errorf("wrk %s: %d of %d requests failed\n%s", url, r.Failed, r.Requests, text)
	}
	micros := func(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
	return load{Seconds: micros(r.Micros).Seconds(), Requests: r.Requests, Bytes: r.Bytes,
		P50: micros(r.P50), P90: micros(r.P90), P99: micros(r.P99), P999: micros(r.P999)}, nil
}

var (
	h2loadTime     = regexp.MustCompile(`finished in ([\d.]+)(m?s),`)
	h2loadRequests = regexp.MustCompile(`(\d+) succeeded, (\d+) failed`)
	h2loadTraffic  = regexp.MustCompile(`traffic: \S+ \((\d+)\) total`)
	h2loadProtocol = regexp.MustCompile(`Application protocol: (\S+)`)
)

// h2load does the same over TLS, by a version of HTTP that is called h2 or http/1.1.
func h2load(ctx context.Context, protocol, url string, connections int, d time.Duration) (load, error) {
	out, err := exec.CommandContext(ctx, "h2load", "-t1", "-c", strconv.Itoa(connections), "-m1",
		"-D", strconv.Itoa(seconds(d)), "--npn-list="+protocol, url).CombinedOutput()
	text := string(out)
	if err != nil {
		return load{}, fmt.Errorf("h2load: %w\n%s", err, text)
	}
	took, requests, traffic, spoken := h2loadTime.FindStringSubmatch(text), h2loadRequests.FindStringSubmatch(text),
		h2loadTraffic.FindStringSubmatch(text), h2loadProtocol.FindStringSubmatch(text)
	if took == nil || requests == nil || traffic == nil || spoken == nil || spoken[1] != protocol || requests[2] != "0" {
		return load{}, fmt.Errorf("h2load %s did not go well:\n%s", url, text)
	}
	var l load
	if l.Seconds, err = strconv.ParseFloat(took[1], 64); err != nil {
		return l, err
	}
	if took[2] == "ms" {
		l.Seconds /= 1000
	}
	if l.Requests, err = strconv.ParseInt(requests[1], 10, 64); err != nil {
		return l, err
	}
	l.Bytes, err = strconv.ParseInt(traffic[1], 10, 64)
	return l, err
}

// seconds rounds to the whole seconds that both programs count in.
func seconds(d time.Duration) int { return max(1, int(d.Round(time.Second)/time.Second)) }
