// Command testsum runs go test and prints what a person needs: one line per package with the
// number of tests that ran, all that failing tests said, and aloud which tests were skipped
// and why. A package that fails beside others is run once more by itself, since a busy
// machine can hold a test up for longer than it waits: what fails there fails, and what
// passes there is told. Usage: testsum [flags of go test, as -name=value] PACKAGE…
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

func main() {
	var flags, packages []string
	for _, arg := range os.Args[1:] {
		if strings.HasPrefix(arg, "-") {
			flags = append(flags, arg)
		} else {
			packages = append(packages, arg)
		}
	}
	test := func(extra, packages []string) summary {
		args := append([]string{"test", "-json"}, flags...)
		return goCommand(os.Stdout, append(append(args, extra...), packages...))
	}
	if !twice(os.Stdout, packages, test) {
		os.Exit(1)
	}
}

// twice runs packages, and those that failed once more, one after the other. Each must
// have passed once.
func twice(out io.Writer, packages []string, test func(extra, packages []string) summary) bool {
	first := test(nil, packages)
	if len(first.failed) == 0 || !first.ran() {
		return first.ok()
	}
	names := strings.Join(first.failed, ", ")
	fmt.Fprintf(out, "\ntestsum: %s failed beside other packages; once more, alone:\n\n", names)
	if second := test([]string{"-p=1", "-count=1"}, first.failed); !second.ok() {
		return false
	}
	fmt.Fprintf(out, "\ntestsum: %s passed alone: a race, or a busy machine\n", names)
	return true
}

// goCommand runs the go command and summarises what it writes.
func goCommand(out io.Writer, args []string) summary {
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(out, "testsum:", err)
		return summary{broken: true}
	}
	s := summarise(stdout, out)
	if err := cmd.Wait(); err != nil && len(s.failed) == 0 {
		fmt.Fprintln(out, "testsum: go test:", err)
		s.broken = true
	}
	return s
}
