package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of flags into docs/SERVER.md")

// docs/SERVER.md has the flags as they are: go test ./server/cmd/mixtab-server -run TestFlagsAreDocumented -update
func TestFlagsAreDocumented(t *testing.T) {
	const file, begin, end = "../../../docs/SERVER.md", "<!-- flags: written by a test -->\n", "<!-- end of flags -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no table of flags", file)
	}
	want := flagTable(new(config).flags())
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("the table of flags in %s is not what the flags are: run this test with -update", file)
	}
	if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func flagTable(flags *flag.FlagSet) string {
	var table strings.Builder
	table.WriteString("| flag | environment | default | meaning |\n|---|---|---|---|\n")
	flags.VisitAll(func(f *flag.Flag) {
		name, usage := flag.UnquoteUsage(f)
		preset := "–"
		if f.DefValue != "" {
			preset = "`" + f.DefValue + "`"
		}
		fmt.Fprintf(&table, "| `-%s` %s | `%s` | %s | %s |\n", f.Name, name, variable(f), preset, usage)
	})
	return table.String()
}
