package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// event is a line of go test -json; see go doc test2json.
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build's output
	Test       string
	Elapsed    float64
	Output     string
}

type counts struct{ passed, failed, skipped int }

func (c counts) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.passed, c.failed, c.skipped)
}

// A summary is what became of a run.
type summary struct {
	counts
	failed []string // packages, sorted
	broken bool     // what was run does not build, or cannot be told
}

func (s summary) ok() bool { return s.ran() && len(s.failed) == 0 }

// ran says whether there is anything to believe: code that builds, and tests in it.
func (s summary) ran() bool { return !s.broken && s.counts != counts{} }

// summarise reads what go test -json writes. It counts tests and subtests alike.
func summarise(in io.Reader, out io.Writer) (s summary) {
	start := time.Now()
	var skips []string
	packages := make(map[string]*counts)
	said := make(map[[2]string][]string) // what a test printed, until its end
	building := make(map[string][]string)

	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			break
		} else if err != nil && err != io.EOF {
			fmt.Fprintln(out, "testsum:", err)
			s.broken = true
			return s
		}
		var e event
		if json.Unmarshal(line, &e) != nil {
			out.Write(line) // of the go command itself
			continue
		}
		key := [2]string{e.Package, e.Test}
		c := packages[e.Package]
		if c == nil {
			c = new(counts)
			packages[e.Package] = c
		}
		switch e.Action {
		case "build-output":
			building[e.ImportPath] = append(building[e.ImportPath], e.Output)
		case "build-fail":
			s.broken = true
			fmt.Fprint(out, strings.Join(building[e.ImportPath], ""))
		case "output":
			said[key] = append(said[key], e.Output)
		case "pass", "fail", "skip":
			text := said[key]
			delete(said, key)
			if e.Action == "fail" {
				fmt.Fprint(out, strings.Join(text, ""))
			}
			if e.Test == "" {
				if e.Action == "fail" {
					s.failed = append(s.failed, e.Package)
				}
				report(out, e, c)
				continue
			}
			for _, n := range []*counts{c, &s.counts} {
				switch e.Action {
				case "pass":
					n.passed++
				case "fail":
					n.failed++
				case "skip":
					n.skipped++
				}
			}
			if e.Action == "skip" {
				skips = append(skips, fmt.Sprintf("  %s %s: %s", e.Package, e.Test, reason(text)))
			}
		}
	}
	// A test whose binary died has no end.
	for key, text := range said {
		if key[1] != "" {
			s.failed = append(s.failed, key[0])
			fmt.Fprintf(out, "%s %s did not end:\n%s", key[0], key[1], strings.Join(text, ""))
		}
	}
	slices.Sort(s.failed)
	s.failed = slices.Compact(s.failed)
	if len(skips) > 0 {
		slices.Sort(skips)
		fmt.Fprintf(out, "skipped:\n%s\n", strings.Join(skips, "\n"))
	}
	if s.counts == (counts{}) {
		fmt.Fprintln(out, "no test ran")
	}
	fmt.Fprintf(out, "go test: %v, in %v\n", s.counts, time.Since(start).Round(time.Second))
	return s
}

// report prints a package's line. Packages without tests get none.
func report(out io.Writer, e event, c *counts) {
	switch {
	case e.Action == "fail":
		fmt.Fprintf(out, "FAIL  %-34s %7.1fs  %v\n", e.Package, e.Elapsed, *c)
	case *c != counts{}:
		fmt.Fprintf(out, "ok    %-34s %7.1fs  %v\n", e.Package, e.Elapsed, *c)
	}
}

// reason is the line that a skipped test logged last.
func reason(output []string) string {
	for _, line := range slices.Backward(output) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "--- SKIP") && !strings.HasPrefix(line, "=== ") {
			return line
		}
	}
	return "no reason given"
}
