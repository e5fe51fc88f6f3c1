package main

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"mixtab/engine/quant"
	"mixtab/tools/peers/shapes"
)

// matmul is y = x·Wᵀ of n tokens and a matrix [rows, cols].
func (f *folder) matmul(n, rows, cols int) {
	x, w := f.uniform(n*cols, 1), f.matrix(rows, cols)
	f.floats("x.f32", x)
	f.write("w.q4", w.bytes)
	f.write("w.nibbles", w.nibbles())
	f.write("w.scales", w.scales())
	groups := cols / quant.Group
	f.write("model.onnx", node{
		op: "MatMulNBits",
		// Level 1: activations stay float32.
		attributes: map[string]any{"K": cols, "N": rows, "bits": 4, "block_size": quant.Group, "accuracy_level": 1},
		inputs: []tensor{
			{name: "x", kind: onnxFloat, shape: []int{n, cols}},
			{name: "w", kind: onnxUint8, shape: []int{rows, groups, quant.Group / 2}, file: "w.nibbles"},
			{name: "scales", kind: onnxFloat, shape: []int{rows, groups}, file: "w.scales"},
		},
		outputs: []tensor{{name: "y", kind: onnxFloat, shape: []int{n, rows}}},
	}.model())
	var want []float64
	for t := range n {
		want = append(want, w.times(wide(x[t*cols:(t+1)*cols]))...)
	}
	f.want(want)
}

// experts is one token through two of eight experts. x is normalised already: our kernel's
// RMSNorm, which ONNX Runtime's operator does not have, leaves it as it is.
func (f *folder) experts() {
	const dim, hidden, experts = shapes.Dim, shapes.Hidden, shapes.Experts
	x := f.uniform(dim, 1)
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	for i := range x {
		x[i] *= float32(1 / math.Sqrt(sum/dim))
	}
	router := f.uniform(experts*dim, 1.0/32)
	logits := make([]float64, experts)
	for e := range logits {
		for i, v := range x {
			logits[e] += float64(router[e*dim+i]) * float64(v)
		}
	}
	f.floats("x.f32", x)
	f.floats("router.f32", router)
	f.floats("logits.f32", []float32{float32(logits[0]), float32(logits[1]), float32(logits[2]), float32(logits[3]),
		float32(logits[4]), float32(logits[5]), float32(logits[6]), float32(logits[7])})
	order := []int{0, 1, 2, 3, 4, 5, 6, 7}
	slices.SortFunc(order, func(a, b int) int { return int(math.Copysign(1, logits[b]-logits[a])) })
	chosen := order[:shapes.TopK]
	second := math.Exp(logits[chosen[1]] - logits[chosen[0]])
	weight := []float64{1 / (1 + second), second / (1 + second)}

	fc1, fc1Scales, fc2, fc2Scales := f.create("fc1"), f.create("fc1.scales"), f.create("fc2"), f.create("fc2.scales")
	want := make([]float64, dim)
	for e := range experts {
		gate, up, down := f.matrix(hidden, dim), f.matrix(hidden, dim), f.matrix(dim, hidden)
		f.write("gate"+strconv.Itoa(e)+".q4", gate.bytes)
		f.write("up"+strconv.Itoa(e)+".q4", up.bytes)
		f.write("down"+strconv.Itoa(e)+".q4", down.bytes)
		// Rows of gate and up take turns.
		f.append(fc1, interleave(gate.nibbles(), up.nibbles(), dim/2))
		f.append(fc1Scales, interleave(gate.scales(), up.scales(), dim/quant.Group*4))
		f.append(fc2, down.nibbles())
		f.append(fc2Scales, down.scales())
		if i := slices.Index(chosen, e); i >= 0 {
			g, u := gate.times(wide(x)), up.times(wide(x))
			for j := range g {
				g[j] = g[j] / (1 + math.Exp(-g[j])) * u[j]
			}
			for j, v := range down.times(g) {
				want[j] += weight[i] * v
			}
		}
	}
	for _, file := range []*os.File{fc1, fc1Scales, fc2, fc2Scales} {
		f.try(file.Close())
	}
	f.want(want)
	f.write("model.onnx", node{
		op: "QMoE",
		attributes: map[string]any{"k": shapes.TopK, "activation_type": "swiglu", "swiglu_fusion": 1, "normalize_routing_weights": 1,
			"activation_alpha": float32(1), "activation_beta": float32(0), "swiglu_limit": float32(1e30),
			"expert_weight_bits": 4, "block_size": quant.Group},
		inputs: []tensor{
			{name: "x", kind: onnxFloat, shape: []int{1, dim}},
			{name: "logits", kind: onnxFloat, shape: []int{1, experts}},
			{name: "fc1", kind: onnxUint8, shape: []int{experts, 2 * hidden, dim / 2}, file: "fc1"},
			{name: "fc1.scales", kind: onnxFloat, shape: []int{experts, 2 * hidden, dim / quant.Group}, file: "fc1.scales"},
			{},
			{name: "fc2", kind: onnxUint8, shape: []int{experts, dim, hidden / 2}, file: "fc2"},
			{name: "fc2.scales", kind: onnxFloat, shape: []int{experts, dim, hidden / quant.Group}, file: "fc2.scales"},
		},
		outputs: []tensor{{name: "y", kind: onnxFloat, shape: []int{1, dim}}},
	}.model())
}

func (f *folder) create(name string) *os.File {
	file, err := os.Create(filepath.Join(f.path, name))
	f.try(err)
	return file
}

func (f *folder) append(file *os.File, data []byte) {
	if f.err == nil {
		_, f.err = file.Write(data)
	}
}

// interleave takes n bytes of a, then n of b, in turns.
func interleave(a, b []byte, n int) []byte {
	both := make([]byte, 0, len(a)+len(b))
	for i := 0; i < len(a); i += n {
		both = append(append(both, a[i:i+n]...), b[i:i+n]...)
	}
	return both
}

// attention is one token over the keys and values of shapes.Context positions, the last
// of which are its own. Our cache is [position, head, dim]; ONNX Runtime's [head, position,
// dim], and it is given the last ones apart.
func (f *folder) attention() {
	const heads, kvHeads, dim, n = shapes.NHeads, shapes.KVHeads, shapes.HeadDim, shapes.Context
	q, k, v := f.uniform(heads*dim, 2), f.uniform(n*kvHeads*dim, 1), f.uniform(n*kvHeads*dim, 1)
	f.floats("q.f32", q)
	f.floats("k.f32", k)
	f.floats("v.f32", v)
	byHead := func(c []float32) []float32 {
		past := make([]float32, len(c))
		for p := range n - 1 {
			for h := range kvHeads {
				copy(past[(h*n+p)*dim:], c[(p*kvHeads+h)*dim:][:dim])
			}
		}
		return past
	}
	f.floats("past_key.f32", byHead(k))
	f.floats("past_value.f32", byHead(v))
	f.floats("key.f32", k[(n-1)*kvHeads*dim:])
	f.floats("value.f32", v[(n-1)*kvHeads*dim:])
	f.write("last.i32", binary.LittleEndian.AppendUint32(nil, n-1))
	f.write("total.i32", binary.LittleEndian.AppendUint32(nil, n))
	cache := []int{1, kvHeads, n, dim}
	f.write("model.onnx", node{
		op:         "GroupQueryAttention",
		attributes: map[string]any{"num_heads": heads, "kv_num_heads": kvHeads},
		inputs: []tensor{
			{name: "q", kind: onnxFloat, shape: []int{1, 1, heads * dim}},
			{name: "key", kind: onnxFloat, shape: []int{1, 1, kvHeads * dim}},
			{name: "value", kind: onnxFloat, shape: []int{1, 1, kvHeads * dim}},
			{name: "past_key", kind: onnxFloat, shape: cache},
			{name: "past_value", kind: onnxFloat, shape: cache},
			{name: "last", kind: onnxInt32, shape: []int{1}},
			{name: "total", kind: onnxInt32, shape: []int{1}},
		},
		outputs: []tensor{
			{name: "y", kind: onnxFloat, shape: []int{1, 1, heads * dim}},
			{name: "present_key", kind: onnxFloat, shape: cache},
			{name: "present_value", kind: onnxFloat, shape: cache},
		},
	}.model())
	want := make([]float64, heads*dim)
	for h := range heads {
		kv := h / (heads / kvHeads)
		weights, total := make([]float64, n), 0.0
		for p := range n {
			s := 0.0
			for i := range dim {
				s += float64(q[h*dim+i]) * float64(k[(p*kvHeads+kv)*dim+i])
			}
			weights[p] = math.Exp(s / math.Sqrt(dim))
			total += weights[p]
		}
		for p := range n {
			for i := range dim {
				want[h*dim+i] += weights[p] / total * float64(v[(p*kvHeads+kv)*dim+i])
			}
		}
	}
	f.want(want)
}
