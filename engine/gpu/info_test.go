package gpu

import (
	"strings"
	"testing"
)

type testBuffer struct {
	Buffer
	label string
	size  int
}

func (b *testBuffer) Label() string { return b.label }
func (b *testBuffer) Size() int     { return b.size }

type testPipeline struct{ desc PipelineDesc }

func (p testPipeline) Desc() PipelineDesc { return p.desc }

func TestCheckDispatch(t *testing.T) {
	limits := DefaultLimits
	limits.MaxStorageBufferBindingSize = 4096
	limits.MaxStorageBuffersPerShaderStage = 3
	a, b := &testBuffer{label: "a", size: 2048}, &testBuffer{label: "b", size: 2048}
	large := &testBuffer{label: "large", size: 8192}
	one := [3]int{1, 1, 1}
	for _, tt := range []struct {
		name     string
		kinds    []Access
		bindings []Binding
		grid     [3]int
		want     string // "" where WebGPU allows it
	}{
		{"whole buffers", []Access{Read, ReadWrite, Params}, []Binding{{Buffer: a}, {Buffer: b}, {Buffer: large}}, [3]int{65535, 1, 1}, ""},
		{"ranges", []Access{Read, ReadWrite}, []Binding{{a, 256, 512}, {b, 1792, 256}}, one, ""},
		{"the same range read twice", []Access{Read, Read}, []Binding{{a, 0, 512}, {a, 256, 512}}, one, ""},
		{"disjoint ranges written", []Access{ReadWrite, ReadWrite}, []Binding{{a, 256, 256}, {a, 0, 256}}, one, ""},
		{"a part of a buffer that is too large", []Access{Read}, []Binding{{large, 4096, 4096}}, one, ""},

		{"a binding too few", []Access{Read, ReadWrite}, []Binding{{Buffer: a}}, one, "k: 1 bindings, want 2"},
		{"no buffer", []Access{Read}, []Binding{{}}, one, "binding 0 has no buffer"},
		{"unaligned", []Access{Read, Read}, []Binding{{Buffer: a}, {b, 128, 128}}, one, "binding 1: offset 128 is not a multiple of 256"},
		{"negative offset", []Access{Read}, []Binding{{a, -256, 512}}, one, `bytes -256 to 256 lie outside "a" of 2048 bytes`},
		{"negative size", []Access{Read}, []Binding{{a, 256, -4}}, one, `lie outside "a"`},
		{"beyond the end", []Access{Read}, []Binding{{a, 1792, 260}}, one, `bytes 1792 to 2052 lie outside "a"`},
		{"nothing behind the offset", []Access{Read}, []Binding{{a, 2048, 0}}, one, `lie outside "a"`},
		{"params outside", []Access{Params}, []Binding{{a, 2048, 16}}, one, `lie outside "a"`},
		{"too large a binding", []Access{Read}, []Binding{{Buffer: large}}, one, `8192 bytes of "large" are more than the adapter binds at once (4096)`},
		{"too many bindings", []Access{Read, Read, Read, Read}, []Binding{{Buffer: a}, {Buffer: a}, {Buffer: a}, {Buffer: b}}, one, "4 storage buffers, the adapter binds 3"},
		{"read and written", []Access{Read, ReadWrite}, []Binding{{a, 0, 256}, {a, 1024, 256}}, one, `bindings 0 and 1 both lie in "a", one of them writable`},
		{"written and read", []Access{ReadWrite, Read}, []Binding{{Buffer: a}, {Buffer: a}}, one, `bindings 0 and 1 both lie in "a", one of them writable`},
		{"written twice", []Access{ReadWrite, Read, ReadWrite}, []Binding{{a, 0, 512}, {Buffer: b}, {a, 256, 0}}, one, `bindings 0 and 2 both write bytes 256 to 512 of "a"`},
		{"empty grid", []Access{Read}, []Binding{{Buffer: a}}, [3]int{1, 0, 1}, "grid [1 0 1] outside 1 to 65535"},
		{"too large a grid", []Access{Read}, []Binding{{Buffer: a}}, [3]int{1, 65536, 1}, "grid [1 65536 1] outside 1 to 65535"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := testPipeline{PipelineDesc{Label: "k", Bindings: tt.kinds}}
			err := CheckDispatch(Dispatch{Pipeline: p, Bindings: tt.bindings, Grid: tt.grid}, limits)
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
