// Command testsum reads what go test -json writes and prints what a person needs: one
// line per package with the number of tests that ran, all that failing tests said, and
// aloud which tests were skipped and why. It exits 1 if anything failed or nothing ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	if !summarise(os.Stdin, os.Stdout) {
		os.Exit(1)
	}
}

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

// summarise counts tests and subtests alike.
func summarise(in io.Reader, out io.Writer) bool {
	start := time.Now()
	ok := true
	var total counts
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
			return false
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
			ok = false
			fmt.Fprint(out, strings.Join(building[e.ImportPath], ""))
		case "output":
			said[key] = append(said[key], e.Output)
		case "pass", "fail", "skip":
			text := said[key]
			delete(said, key)
			if e.Action == "fail" {
				ok = false
				fmt.Fprint(out, strings.Join(text, ""))
			}
			if e.Test == "" {
				report(out, e, c)
				continue
			}
			for _, n := range []*counts{c, &total} {
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
			ok = false
			fmt.Fprintf(out, "%s %s did not end:\n%s", key[0], key[1], strings.Join(text, ""))
		}
	}
	if len(skips) > 0 {
		slices.Sort(skips)
		fmt.Fprintf(out, "skipped:\n%s\n", strings.Join(skips, "\n"))
	}
	if total.passed == 0 {
		ok = false
		fmt.Fprintln(out, "no test ran")
	}
	fmt.Fprintf(out, "go test: %v, in %v\n", total, time.Since(start).Round(time.Second))
	return ok
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
