package mixtral

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/weights"
)

// activations are the buffers that passes work in. Chunk is the most tokens of a pass.
type activations struct {
	state    gpu.Binding // u32[kernel.StateWords]
	tokens   gpu.Binding // u32[chunk]
	rope     gpu.Binding // f32[context, headDim/2, 2]
	x        gpu.Binding // f32[chunk, dim], the residual stream
	h        gpu.Binding // f32[chunk, dim], normalised x
	q        gpu.Binding // f32[chunk, nHeads, headDim]
	att      gpu.Binding // f32[chunk, nHeads, headDim]
	routes   gpu.Buffer  // by layer: (expert u32, weight f32)[chunk, nExpertsPerTok]
	plan     gpu.Binding // lib/plan.wgsl
	hidden   gpu.Binding // f32[chunk, nExpertsPerTok, hiddenDim]
	experts  gpu.Binding // f32[chunk, nExpertsPerTok, dim]
	logits   gpu.Binding // f32[1 or chunk, vocabSize]
	sampling gpu.Binding // u32[kernel.SamplingWords]
	counts   gpu.Binding // u32[vocabSize]
	out      gpu.Binding // u32[Ring]
}

func (m *Model) allocate(ctx context.Context, man *weights.Manifest) error {
	if err := m.allocateWeights(ctx, man); err != nil {
		return err
	}
	if err := m.allocateCache(ctx); err != nil {
		return err
	}
	c, chunk := m.Config, m.tuning.Chunk
	choice := kernel.Choice{Experts: c.NExperts, TopK: c.NExpertsPerTok}
	a := &m.act
	for _, b := range []struct {
		to    *gpu.Binding
		label string
		words int
	}{
		{&a.state, "state", kernel.StateWords},
		{&a.tokens, "tokens", chunk},
		{&a.rope, "rope", m.Context * c.HeadDim},
		{&a.x, "x", chunk * c.Dim},
		{&a.h, "h", chunk * c.Dim},
		{&a.q, "q", chunk * c.NHeads * c.HeadDim},
		{&a.att, "attention", chunk * c.NHeads * c.HeadDim},
		{&a.plan, "plan", kernel.PlanBytes(m.tuning, chunk, choice) / 4},
		{&a.hidden, "hidden", chunk * c.NExpertsPerTok * c.HiddenDim},
		{&a.experts, "experts", chunk * c.NExpertsPerTok * c.Dim},
		{&a.logits, "logits", m.logitRows() * c.VocabSize},
		{&a.sampling, "sampling", kernel.SamplingWords},
		{&a.counts, "counts", c.VocabSize},
		{&a.out, "out", Ring},
	} {
		buffer, err := m.buffer(ctx, b.label, 4*b.words)
		if err != nil {
			return err
		}
		*b.to = gpu.Binding{Buffer: buffer}
	}
	var err error
	if a.routes, err = m.buffer(ctx, "routes", c.NLayers*m.routeStride()); err != nil {
		return err
	}
	table, err := binary.Append(nil, binary.LittleEndian, kernel.RopeTable(m.Context, c.HeadDim, c.RopeTheta))
	if err != nil {
		return err
	}
	return m.dev.Write(a.rope.Buffer, 0, table)
}

// logitRows is the number of rows of logits that a pass leaves.
func (m *Model) logitRows() int {
	if m.options.AllLogits {
		return m.tuning.Chunk
	}
	return 1
}

// routeStride is the distance of two layers' routes, in bytes.
func (m *Model) routeStride() int {
	choice := kernel.Choice{Experts: m.Config.NExperts, TopK: m.Config.NExpertsPerTok}
	return (choice.RouteBytes(m.tuning.Chunk) + 255) &^ 255
}

func (m *Model) routeOf(l int) gpu.Binding {
	return gpu.Binding{Buffer: m.act.routes, Offset: l * m.routeStride(), Size: m.routeStride()}
}

// firstTokenCalls are all that the first token needs: a prefill chunk, the head that turns
// its last token into logits, and sampling from them.
func (m *Model) firstTokenCalls() []kernel.Call {
	calls := slices.Concat(slices.Concat(m.bodyCalls(m.tuning.Chunk)...), m.headCalls(1, true), m.sampleCalls())
	if m.options.AllLogits {
		calls = append(calls, m.headCalls(m.tuning.Chunk, false)...)
	}
	return calls
}

// compile makes the programs of the first token.
func (m *Model) compile(ctx context.Context) error {
	parts, err := m.programs(ctx, "prefill", m.bodyCalls(m.tuning.Chunk))
	if err != nil {
		return err
	}
	m.prefill = newPass(parts)
	if m.head, err = m.pipelines.Compile(ctx, "head", m.headCalls(1, true)); err != nil {
		return err
	}
	if m.sample, err = m.pipelines.Compile(ctx, "sample", m.sampleCalls()); err != nil {
		return err
	}
	if m.options.AllLogits {
		m.headAll, err = m.pipelines.Compile(ctx, "head of all", m.headCalls(m.tuning.Chunk, false))
	}
	return err
}

// programs makes a program of each part of a pass.
func (m *Model) programs(ctx context.Context, label string, parts [][]kernel.Call) ([]gpu.Program, error) {
	programs := make([]gpu.Program, len(parts))
	for i, calls := range parts {
		var err error
		if programs[i], err = m.pipelines.Compile(ctx, fmt.Sprintf("%s %d", label, i), calls); err != nil {
			return nil, err
		}
	}
	return programs, nil
}

// decodeCalls are a pass of one token with its head and sampling, in parts.
func (m *Model) decodeCalls() [][]kernel.Call {
	return append(m.bodyCalls(1), slices.Concat(m.headCalls(1, true), m.sampleCalls()))
}

func (m *Model) sampleCalls() []kernel.Call {
	a := &m.act
	return []kernel.Call{kernel.Sample(m.tuning, a.logits, a.sampling, a.counts, a.tokens, a.state, a.out, m.Config.VocabSize, Ring)}
}

// bodyCalls are the embedding and then each layer, for a pass of at most n tokens.
func (m *Model) bodyCalls(n int) [][]kernel.Call {
	var embed []kernel.Call
	for _, p := range m.w.embed {
		embed = append(embed, kernel.Embed(m.tuning, p.format, m.act.tokens, m.act.state, p.Binding, m.act.x, n, p.cols, p.rows, p.row0))
	}
	parts := [][]kernel.Call{embed}
	for l := range m.w.layers {
		parts = append(parts, m.layerCalls(l, n))
	}
	return parts
}

// headCalls are the final norm and the logits: of the pass's last token, or of its
// first n.
func (m *Model) headCalls(n int, last bool) []kernel.Call {
	a := &m.act
	calls := []kernel.Call{kernel.RMSNorm(m.tuning, a.x, m.w.norm, a.state, a.h, n, m.Config.Dim, float32(m.Config.NormEps), last)}
	for _, p := range m.w.lmHead {
		calls = append(calls, kernel.Matmul(m.tuning, p.format, a.h, a.state, p.Binding, a.logits, n, p.rows, p.cols, m.Config.VocabSize, p.row0, false))
	}
	return calls
}
