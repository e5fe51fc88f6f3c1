// Package shaders holds mixtab's kernels, one WGSL file each, and puts their
// complete source together: constants from Go first, then the imports, then the
// kernel.
//
// A kernel's header comment is its contract. Its bindings are group 0, inputs
// `read`, outputs `read_write`, then `params`. Everything tuned or shaped by the
// caller is a `const` of the prelude; there are no pipeline overrides and no #ifdef.
//
// The only directive stands on a line of its own:
//
//	#import block_dot(gate_a)
//
// It inserts lib/block_dot.wgsl with every $0 replaced by the argument gate_a. The
// import name may be an alias that the caller resolves, so that one kernel text
// serves every weight format: `#import WEIGHTS(w)` becomes lib/q4.wgsl for q4.
package shaders

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.wgsl lib/*.wgsl
var files embed.FS

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
	return out.String(), nil
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
