// Package mixtab_test holds the rules of the module as a whole: which folder may import
// which, and that docs/DEPENDENCIES.md tells the truth.
package mixtab_test

import (
	"encoding/json"
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layers says which folders of this module the files of a folder may import directly,
// tests apart. "engine/..." is engine and all below it. docs/ARCHITECTURE.md explains
// the order. A folder below a listed one, without a row of its own, has its row.
var layers = map[string][]string{
	"shaders":                    {},
	"engine/gpu":                 {},
	"engine/gpu/gputest":         {"engine/gpu"},
	"engine/quant":               {},
	"engine/tokenizer":           {},
	"engine/sample":              {},
	"engine/chat":                {"engine/tokenizer"},
	"engine/grammar":             {},
	"engine/ref":                 {"engine/gpu", "engine/quant", "engine/sample"},
	"engine/kernel":              {"engine/gpu", "engine/quant", "shaders"},
	"engine/kernel/kerneltest":   {"engine/gpu", "engine/kernel", "engine/quant", "engine/ref", "engine/sample"},
	"engine/profile":             {"engine/gpu"},
	"engine/profile/profiletest": {"engine/gpu", "engine/kernel", "engine/profile"},
	"engine/weights":             {"engine/gpu", "engine/quant"},
	"engine/experts":             {},
	"engine/mixtral":             {"engine/experts", "engine/gpu", "engine/kernel", "engine/quant", "engine/sample", "engine/weights"},
	"engine/mixtral/mixtraltest": {"engine/gpu", "engine/kernel", "engine/mixtral", "engine/quant", "engine/ref", "engine/sample", "engine/weights"},
	"engine":                     {"engine/..."},
	"packdir":                    {"engine/gpu", "engine/weights"},
	"wasm/protocol":              {},
	"wasm/webgpu":                {"engine/gpu"},
	"wasm":                       {"engine/...", "wasm/..."},
	"desktop/webgpu":             {"engine/gpu"},
	"desktop":                    {"demo", "desktop/...", "engine/...", "packdir", "server", "web"},
	"web":                        {},
	"server":                     {"engine/weights"},
	"server/box":                 {"engine/weights"},
	"server/conformance":         {"engine/quant", "engine/weights"},
	"server/edge":                {"engine/weights", "server"},
	"server/edge/page":           {"server"},
	"server/cmd":                 {"demo", "engine/weights", "packdir/...", "server", "server/box", "web"},
	"server/edge/workerd":        {},
	"server/edge/soak":           {"server/conformance", "server/edge/workerd"},
	"server/edge/measure":        {"engine/quant", "engine/weights", "server/conformance", "server/edge/soak", "server/edge/workerd"},
	"demo":                       {},
	"tools":                      {"..."},
}

// pure folders run anywhere that Go does: their files, tests apart, are the same on
// every platform and touch neither C, JavaScript, files nor the network.
var pure = []string{"engine", "shaders"}

var impure = []string{"C", "net/http", "os", "syscall/js"}

// keepers are the only folders that may import these, tests apart.
var keepers = map[string][]string{
	"github.com/anacrolix/torrent": {"packdir/torrent"},
	"github.com/cogentcore/webgpu": {"desktop/webgpu", "wasm/webgpu"},
	"github.com/hack-pad/safejs":   {"server/edge", "wasm"},
	"github.com/syumai/workers":    {"server/edge"},
	"syscall/js":                   {"server/edge", "wasm"},
}

// goFile is what a Go file says of itself before its first declaration.
type goFile struct {
	name    string // from the module's root
	test    bool
	tagged  bool
	imports []string
}

func (f goFile) dir() string { return path.Dir(f.name) }

// goFiles reads the Go files of the module, for every platform.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	root := os.DirFS(".")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || name == "build" || name != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		f := goFile{name: name, test: strings.HasSuffix(name, "_test.go"), tagged: tagged(t, name, tree)}
		for _, i := range tree.Imports {
			f.imports = append(f.imports, strings.Trim(i.Path.Value, "`\""))
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("found %d Go files: the test does not see the module", len(files))
	}
	return files
}

// tagged says whether some platforms leave the file out, by a comment or by its name.
func tagged(t *testing.T, name string, tree *ast.File) bool {
	t.Helper()
	for _, group := range tree.Comments {
		for _, c := range group.List {
			if c.Pos() < tree.Package && (constraint.IsGoBuild(c.Text) || constraint.IsPlusBuild(c.Text)) {
				return true
			}
		}
	}
	for _, platform := range []struct{ os, arch string }{{"js", "wasm"}, {"linux", "amd64"}, {"windows", "arm64"}} {
		ctx := build.Context{GOOS: platform.os, GOARCH: platform.arch, Compiler: "gc", CgoEnabled: true}
		match, err := ctx.MatchFile(path.Dir(name), path.Base(name))
		if err != nil {
			t.Fatal(err)
		}
		if !match {
			return true
		}
	}
	return false
}

// under says whether dir is one of the folders or below one.
func under(dir string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return dir == f || strings.HasPrefix(dir, f+"/") })
}

// layerOf finds the row for a folder: its own, or that of the nearest folder above.
func layerOf(dir string) (row string, ok bool) {
	for ; dir != "."; dir = path.Dir(dir) {
		if _, ok := layers[dir]; ok {
			return dir, true
		}
	}
	return "", false
}

func allowed(row, to string) bool {
	if toRow, _ := layerOf(to); toRow == row {
		return true // its own folder, or a part of it that has no row of its own
	}
	return slices.ContainsFunc(layers[row], func(a string) bool {
		base, deep := strings.CutSuffix(a, "...")
		base = strings.TrimSuffix(base, "/")
		return to == base || deep && (base == "" || strings.HasPrefix(to, base+"/"))
	})
}

func TestLayers(t *testing.T) {
	seen := make(map[string]bool)
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		row, ok := layerOf(f.dir())
		if !ok {
			t.Errorf("%s: its folder has no row in the table of layers", f.name)
			continue
		}
		seen[row] = true
		for _, imported := range f.imports {
			to, ours := strings.CutPrefix(imported, "mixtab/")
			if ours && !allowed(row, to) {
				t.Errorf("%s imports %s; %s may import %q", f.name, imported, row, layers[row])
			}
		}
	}
	for _, row := range slices.Sorted(maps.Keys(layers)) {
		if !seen[row] {
			t.Errorf("the table of layers lists %s, where there are no Go files", row)
		}
	}
}

func TestPureFolders(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || !under(f.dir(), pure) {
			continue
		}
		if f.tagged {
			t.Errorf("%s is left out on some platforms", f.name)
		}
		for _, i := range f.imports {
			if slices.Contains(impure, i) {
				t.Errorf("%s imports %s", f.name, i)
			}
		}
	}
}

func TestKeepers(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, i := range f.imports {
			for kept, folders := range keepers {
				if under(i, []string{kept}) && !f.test && !under(f.dir(), folders) {
					t.Errorf("%s imports %s, which only %q may", f.name, i, folders)
				}
			}
		}
	}
}

// row is a line of the tables in docs/DEPENDENCIES.md: name, version, licence, why, cost.
var row = regexp.MustCompile("(?m)^\\| \\[?`([^`]+)`[^|]*\\| ([^ |]+) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|$")

// Every direct dependency has a row in docs/DEPENDENCIES.md with the version in use, and
// no other has.
func TestDependenciesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("docs/DEPENDENCIES.md")
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		if _, twice := got[m[1]]; twice {
			t.Errorf("docs/DEPENDENCIES.md has two rows for %s", m[1])
		}
		got[m[1]] = m[2]
		for i, column := range []string{"licence", "why", "cost"} {
			if strings.TrimSpace(m[3+i]) == "" {
				t.Errorf("docs/DEPENDENCIES.md: %s has no %s", m[1], column)
			}
		}
	}
	want := goDependencies(t)
	for _, file := range []string{"web/package.json", "web/lib/package.json", "server/edge/package.json"} {
		maps.Copy(want, npmDependencies(t, file))
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		switch version, ok := got[name]; {
		case !ok:
			t.Errorf("docs/DEPENDENCIES.md has no row for %s %s", name, want[name])
		case version != want[name]:
			t.Errorf("docs/DEPENDENCIES.md has %s %s; in use is %s", name, version, want[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			t.Errorf("docs/DEPENDENCIES.md has a row for %s, which nothing uses directly", name)
		}
	}
}

// goDependencies are the modules that the files and the tool lines of go.mod use, with
// their versions.
func goDependencies(t *testing.T) map[string]string {
	t.Helper()
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for _, f := range goFiles(t) {
		for _, i := range f.imports {
			used[i] = true
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^(?:tool |\t)(\S+)$`).FindAllStringSubmatch(string(mod), -1) {
		used[m[1]] = true
	}
	direct := make(map[string]string)
	for _, m := range regexp.MustCompile(`(?m)^(?:require |\t)(\S+) (v\S+)`).FindAllStringSubmatch(string(mod), -1) {
		for i := range used {
			if under(i, []string{m[1]}) {
				direct[m[1]] = m[2]
			}
		}
	}
	if len(direct) == 0 {
		t.Fatal("no dependency found in go.mod")
	}
	return direct
}

func npmDependencies(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ Dependencies, DevDependencies map[string]string }
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	all := make(map[string]string)
	maps.Copy(all, p.Dependencies)
	maps.Copy(all, p.DevDependencies)
	for name, version := range all {
		if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version) {
			t.Errorf("%s: %s is %q; pin one version", file, name, version)
		}
	}
	return all
}
