// Package shaders holds mixtab's kernels, one WGSL file each, and puts their
// complete source together: constants from Go first, then the imports, then the
// kernel.
//
// A kernel's header comment is its contract. Its bindings are group 0, inputs
// `read`, outputs `read_write`, then `params`. Everything tuned or shaped by the
// caller is a `const` of the prelude; there are no pipeline overrides and no #ifdef.
//
// There are two directives, each on a line of its own:
//
//	#import block_dot(gate_a)
//
// inserts lib/block_dot.wgsl with every $0 replaced by the argument gate_a. The
// import name may be an alias that the caller resolves, so that one kernel text
// serves every weight format: `#import WEIGHTS(w)` becomes lib/q4.wgsl for q4.
//
//	#unroll i ROWS
//	let m$i = w_load(at$i + g);
//	#end
//
// repeats its lines for i from 0 (with `i 1 ROWS` from 1) below the constant ROWS, with
// every $i replaced. No WGSL
// compiler unrolls loops by itself, and an array that is indexed by a loop's variable
// lives in memory and not in registers.
package shaders

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

//go:embed *.wgsl lib/*.wgsl
var files embed.FS

// Sum is a hash of all kernels' texts: what was measured of others may not hold.
func Sum() string {
	all := sha256.New()
	fs.WalkDir(files, ".", func(path string, d fs.DirEntry, _ error) error { // embedded: no error
		if !d.IsDir() {
			text, _ := files.ReadFile(path)
			fmt.Fprintf(all, "%s %d\n%s", path, len(text), text)
		}
		return nil
	})
	return hex.EncodeToString(all.Sum(nil))
}

// A Const is one `const NAME: u32 = VALUE;` line.
type Const struct {
	Name  string
	Value uint32
}

// Source returns the complete text of a kernel. aliases maps import names used by
// the kernel to files of lib. An unknown kernel or import is an error.
func Source(kernel string, consts []Const, aliases map[string]string) (string, error) {
	text, err := files.ReadFile(kernel + ".wgsl")
	if err != nil {
		return "", fmt.Errorf("shaders: no kernel %q", kernel)
	}
	var out strings.Builder
	for _, c := range consts {
		fmt.Fprintf(&out, "const %s: u32 = %du;\n", c.Name, c.Value)
	}
	if err := expand(&out, kernel, string(text), aliases, map[string]bool{}); err != nil {
		return "", err
	}
	return unroll(enablesFirst(out.String()), consts)
}

// enablesFirst moves `enable f16;` and its like to the top, where WGSL wants them.
func enablesFirst(text string) string {
	var enables []string
	var rest strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "enable ") {
			rest.WriteString(line)
		} else if !slices.Contains(enables, line) {
			enables = append(enables, line)
		}
	}
	return strings.Join(enables, "") + rest.String()
}

// unroll writes text with its loops of lines written out, the outer before the inner.
func unroll(text string, consts []Const) (string, error) {
	before, rest, ok := strings.Cut(text, "#unroll ")
	if !ok {
		return text, nil
	}
	head, rest, _ := strings.Cut(rest, "\n")
	name, limit, _ := strings.Cut(head, " ")
	limit, notFirst := strings.CutPrefix(limit, "1 ")
	at := slices.IndexFunc(consts, func(c Const) bool { return c.Name == limit })
	if at < 0 || len(name) != 1 {
		return "", fmt.Errorf("shaders: #unroll %s: want a letter, perhaps 1, and a constant of the kernel", head)
	}
	body, after, ok := cutBlock(rest)
	if !ok {
		return "", fmt.Errorf("shaders: #unroll %s has no #end", head)
	}
	var out strings.Builder
	out.WriteString(strings.TrimRight(before, " "))
	for i := range consts[at].Value {
		if i == 0 && notFirst {
			continue
		}
		out.WriteString(strings.ReplaceAll(body, "$"+name, strconv.Itoa(int(i))))
	}
	out.WriteString(after)
	return unroll(out.String(), consts)
}

// cutBlock cuts text around the #end that closes the block in which it begins.
func cutBlock(text string) (body, after string, ok bool) {
	depth, at := 1, 0
	for line := range strings.Lines(text) {
		switch trimmed := strings.TrimSpace(line); {
		case strings.HasPrefix(trimmed, "#unroll "):
			depth++
		case trimmed == "#end":
			depth--
		}
		if depth == 0 {
			return text[:at], text[at+len(line):], true
		}
		at += len(line)
	}
	return "", "", false
}

// expand writes text with its imports inlined, each (file, argument) once.
func expand(out *strings.Builder, where, text string, aliases map[string]string, done map[string]bool) error {
	for line := range strings.Lines(text) {
		call, isImport := strings.CutPrefix(strings.TrimSpace(line), "#import ")
		if !isImport {
			out.WriteString(line)
			continue
		}
		name, arg, _ := strings.Cut(strings.TrimSuffix(call, ")"), "(")
		if target, ok := aliases[name]; ok {
			name = target
		}
		if done[name+"("+arg] {
			continue
		}
		done[name+"("+arg] = true
		lib, err := files.ReadFile("lib/" + name + ".wgsl")
		if err != nil {
			return fmt.Errorf("shaders: %s.wgsl imports %q, which is not in lib", where, name)
		}
		body := strings.ReplaceAll(string(lib), "$0", arg)
		if err := expand(out, "lib/"+name, body, aliases, done); err != nil {
			return err
		}
	}
	return nil
}
