package gputest

import (
	"encoding/binary"
	"math"
	"testing"

	"mixtab/engine/gpu"
)

// affine: y[i] = a·x[i] + b for i < n.
const affineSource = `struct Params { n: u32, a: f32, b: f32, pad: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < params.n) {
    y[id.x] = params.a * x[id.x] + params.b;
  }
}
`

func affineDesc(label string) gpu.PipelineDesc {
	return gpu.PipelineDesc{
		Kernel: "affine", Label: label,
		Source:    "const WG: u32 = 64u;\n" + affineSource,
		Constants: []gpu.Constant{{Name: "WG", Value: 64}},
		Bindings:  []gpu.Access{gpu.Read, gpu.ReadWrite, gpu.Params},
	}
}

// affine binds y = a·x + b over n elements.
func affine(t *testing.T, dev gpu.Device, p gpu.Pipeline, x, y gpu.Binding, n int, a, b float32) gpu.Dispatch {
	t.Helper()
	params := newBuffer(t, dev, "params", gpu.Uniform, 16)
	words := make([]byte, 16)
	binary.LittleEndian.PutUint32(words, uint32(n))
	binary.LittleEndian.PutUint32(words[4:], math.Float32bits(a))
	binary.LittleEndian.PutUint32(words[8:], math.Float32bits(b))
	write(t, dev, params, 0, words)
	return gpu.Dispatch{
		Pipeline: p,
		Bindings: []gpu.Binding{x, y, {Buffer: params}},
		Grid:     [3]int{(n + 63) / 64, 1, 1},
	}
}

func newBuffer(t *testing.T, dev gpu.Device, label string, usage gpu.Usage, size int) gpu.Buffer {
	t.Helper()
	b, err := dev.NewBuffer(t.Context(), label, usage, size)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newPipeline(t *testing.T, dev gpu.Device, desc gpu.PipelineDesc) gpu.Pipeline {
	t.Helper()
	p, err := dev.NewPipeline(t.Context(), desc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newProgram(t *testing.T, dev gpu.Device, dispatches ...gpu.Dispatch) gpu.Program {
	t.Helper()
	p, err := dev.NewProgram(t.Context(), t.Name(), dispatches)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func write(t *testing.T, dev gpu.Device, b gpu.Buffer, offset int, data []byte) {
	t.Helper()
	if err := dev.Write(b, offset, data); err != nil {
		t.Fatal(err)
	}
}

func submit(t *testing.T, dev gpu.Device, programs ...gpu.Program) {
	t.Helper()
	if err := dev.Submit(programs...); err != nil {
		t.Fatal(err)
	}
}

func floats(values ...float32) []byte {
	var out []byte
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}

func readFloats(t *testing.T, dev gpu.Device, b gpu.Buffer, offset, n int) []float32 {
	t.Helper()
	data := make([]byte, 4*n)
	if err := gpu.ReadInto(t.Context(), dev, b, offset, data); err != nil {
		t.Fatal(err)
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return out
}

// ramp is 0, 1, 2 … n-1.
func ramp(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(i)
	}
	return out
}
