package main

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The few messages of ONNX that a model of one node needs, by their field numbers in
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.

type message []byte

func (m message) number(field protowire.Number, v uint64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), v)
}

func (m message) text(field protowire.Number, s string) message { return m.bytes(field, []byte(s)) }

func (m message) bytes(field protowire.Number, b message) message {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), b)
}

func (m message) float(field protowire.Number, v float32) message {
	return protowire.AppendFixed32(protowire.AppendTag(m, field, protowire.Fixed32Type), math.Float32bits(v))
}

// TensorProto.DataType.
const (
	onnxFloat = 1
	onnxUint8 = 2
	onnxInt32 = 6
)

// A tensor is an input, an output, or, where it has a file, a constant of a model.
type tensor struct {
	name  string
	kind  uint64
	shape []int
	file  string // beside the model
}

// valueInfo is the tensor as an input or output.
func (t tensor) valueInfo() message {
	var shape message
	for _, n := range t.shape {
		shape = shape.bytes(1, message{}.number(1, uint64(n)))
	}
	kind := message{}.number(1, t.kind).bytes(2, shape)
	return message{}.text(1, t.name).bytes(2, message{}.bytes(1, kind))
}

// constant is the tensor as an initializer whose bytes are in the file.
func (t tensor) constant() message {
	var m message
	for _, n := range t.shape {
		m = m.number(1, uint64(n))
	}
	m = m.number(2, t.kind).text(8, t.name)
	m = m.bytes(13, message{}.text(1, "location").text(2, t.file))
	return m.number(14, 1) // EXTERNAL
}

// A node is one operator of com.microsoft with its attributes (int, float32 or string).
type node struct {
	op         string
	attributes map[string]any
	inputs     []tensor // without a name: left out
	outputs    []tensor
}

// model is the node as a whole model.
func (n node) model() []byte {
	op := message{}
	graph := message{}
	for _, t := range n.inputs {
		op = op.text(1, t.name)
		switch {
		case t.name == "":
		case t.file != "":
			graph = graph.bytes(5, t.constant())
		default:
			graph = graph.bytes(11, t.valueInfo())
		}
	}
	for _, t := range n.outputs {
		op = op.text(2, t.name)
		graph = graph.bytes(12, t.valueInfo())
	}
	op = op.text(3, n.op).text(4, n.op)
	for name, v := range n.attributes {
		a := message{}.text(1, name)
		switch v := v.(type) {
		case int:
			a = a.number(3, uint64(v)).number(20, 2)
		case float32:
			a = a.float(2, v).number(20, 1)
		case string:
			a = a.text(4, v).number(20, 3)
		}
		op = op.bytes(5, a)
	}
	op = op.text(7, "com.microsoft")
	graph = graph.bytes(1, op).text(2, n.op)
	version := func(domain string, v uint64) message { return message{}.text(1, domain).number(2, v) }
	return message{}.number(1, 8).bytes(7, graph).bytes(8, version("", 17)).bytes(8, version("com.microsoft", 1))
}
