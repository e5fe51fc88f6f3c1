package shaders

import (
	"strings"
	"testing"
)

func TestSource(t *testing.T) {
	src, err := Source("matmul", []Const{{"WG", 64}, {"ROWS", 2}, {"TILE", 4}, {"QUADS", 8}}, map[string]string{"WEIGHTS": "q4", "DOT": "dot_f32", "TEAM": "team_thread"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(src, "const WG: u32 = 64u;\nconst ROWS: u32 = 2u;\nconst TILE: u32 = 4u;\n") {
		t.Errorf("the constants do not come first:\n%.100s", src)
	}
	if strings.ContainsAny(src, "#$") {
		t.Error("a directive or its argument is left unexpanded")
	}
}

func TestSourceRefuses(t *testing.T) {
	for _, tt := range []struct {
		kernel  string
		aliases map[string]string
		want    string
	}{
		{"matmull", nil, `no kernel "matmull"`},
		{"lib/q4.wgsl", nil, `no kernel "lib/q4.wgsl"`},
		{"../shaders/matmul", nil, "no kernel"},
		{"matmul", nil, `imports "WEIGHTS", which is not in lib`}, // the caller forgot the alias
		{"matmul", map[string]string{"WEIGHTS": "q5"}, `imports "q5", which is not in lib`},
	} {
		if src, err := Source(tt.kernel, nil, tt.aliases); err == nil || !strings.Contains(err.Error(), tt.want) || src != "" {
			t.Errorf("%s with %v: %v, want %q", tt.kernel, tt.aliases, err, tt.want)
		}
	}
}

// A file comes once for each argument, however often and by whatever name it is asked for.
func TestExpandOnce(t *testing.T) {
	text := "// k\n#import WEIGHTS(a)\n#import WEIGHTS(b)\n  #import q4(a)\n#import WEIGHTS(a)\nfn main() {}\n"
	var out strings.Builder
	if err := expand(&out, "k", text, map[string]string{"WEIGHTS": "q4"}, map[string]bool{}); err != nil {
		t.Fatal(err)
	}
	src := out.String()
	for _, line := range []string{"fn a_unit(", "fn b_unit(", "struct Unit {", "fn low4("} {
		if n := strings.Count(src, line); n != 1 {
			t.Errorf("%q is there %d times, want once", line, n)
		}
	}
	if !strings.HasPrefix(src, "// k\n") || !strings.HasSuffix(src, "\nfn main() {}\n") {
		t.Errorf("the kernel's own lines are not where they were:\n%s", src)
	}
}

func TestUnroll(t *testing.T) {
	consts := []Const{{"ROWS", 2}, {"TILE", 3}}
	for text, want := range map[string]string{
		"a\n    #unroll i ROWS\n    let m$i = $iu;\n    #end\nb\n": "a\n    let m0 = 0u;\n    let m1 = 1u;\nb\n",
		"#unroll i ROWS\n#unroll t TILE\n$i$t\n#end\n#end\n":       "00\n01\n02\n10\n11\n12\n",
		"#unroll i 1 TILE\n$i\n#end\n":                             "1\n2\n",
		"#unroll i ROWS\n$i\n#end\n#unroll i ROWS\n$i\n#end\n":     "0\n1\n0\n1\n",
	} {
		if got, err := unroll(text, consts); err != nil || got != want {
			t.Errorf("unroll(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"#unroll i WG\n#end\n", "#unroll i ROWS\n$i\n", "#unroll it ROWS\n#end\n"} {
		if got, err := unroll(text, consts); err == nil {
			t.Errorf("unroll(%q) = %q, want an error", text, got)
		}
	}
}

func TestSum(t *testing.T) {
	all, err := files.ReadDir(".")
	if err != nil || len(all) < 10 {
		t.Fatalf("%d kernels, %v", len(all), err)
	}
	if a, b := Sum(), Sum(); a != b || len(a) != 64 || a == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" { // of nothing
		t.Errorf("%s, then %s", a, b)
	}
}
