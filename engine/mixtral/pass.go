package mixtral

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
)

// activations are the buffers that passes work in. Chunk is the most tokens of a pass.
type activations struct {
	state    gpu.Binding // u32[kernel.StateLayout]
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

func (m *Model) allocate(ctx context.Context) error {
	if err := m.allocateWeights(ctx, m.man); err != nil {
		return err
	}
	if err := m.allocateCache(ctx); err != nil {
		return err
	}
	c, chunk := m.Config, m.tuning.Chunk
	a := &m.act
	for _, b := range []struct {
		to    *gpu.Binding
		label string
		words int
	}{
		{&a.state, "state", m.stateLayout().Words()},
		{&a.tokens, "tokens", chunk},
		{&a.rope, "rope", m.Context * c.HeadDim},
		{&a.x, "x", chunk * c.Dim},
		{&a.h, "h", chunk * c.Dim},
		{&a.q, "q", chunk * c.NHeads * c.HeadDim},
		{&a.att, "attention", chunk * c.NHeads * c.HeadDim},
		{&a.plan, "plan", max(kernel.PlanBytes(m.tuning, chunk, m.choice()), kernel.PlanBytes(m.drafted().tuning, 1+MaxDraft, m.choice())) / 4},
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
func (m *Model) routeStride() int { return (m.choice().RouteBytes(m.tuning.Chunk) + 255) &^ 255 }

func (m *Model) routeOf(l int) gpu.Binding {
	return gpu.Binding{Buffer: m.act.routes, Offset: l * m.routeStride(), Size: m.routeStride()}
}

// A pass brings tokens through the model: the embedding, then the two parts of each layer,
// then what follows. How many layers go into one submit is measured (pace.go).
type pass struct {
	begin     gpu.Program
	layers    []layerPrograms
	end       gpu.Program // nil of a prefill chunk
	perSubmit int
}

// layerPrograms are a layer's. Where all layers share a pool of experts, experts is nil
// when decoding, and only sorts the tokens of a chunk.
type layerPrograms struct {
	attention gpu.Program
	experts   gpu.Program
	combine   gpu.Program // of a chunk
}

// fromStart is where submit begins a pass.
const fromStart = -1

// submit queues the pass, from its beginning or from the experts of a layer on, up to the
// experts of layer upto, these not included; with all layers, to its end. bound, if it is
// not nil, takes the place of the first layer's experts. The programs of the last submit
// are returned instead: they go with the read of their result.
func (p *pass) submit(dev gpu.Device, from, upto int, bound gpu.Program) (group []gpu.Program, err error) {
	if from == fromStart {
		from = 0
		group = append(group, p.begin, p.layers[0].attention)
	}
	for l := from; l < upto; l++ {
		layer := p.layers[l]
		if bound != nil && l == from {
			layer.experts = bound
		}
		group = append(group, layer.experts)
		if layer.combine != nil {
			group = append(group, layer.combine)
		}
		if l+1 < len(p.layers) {
			group = append(group, p.layers[l+1].attention)
		} else if p.end != nil {
			group = append(group, p.end)
		}
		if (l+1-from)%p.perSubmit == 0 && l+1 < upto {
			if err := dev.Submit(group...); err != nil {
				return nil, err
			}
			group = nil
		}
	}
	return group, nil
}

// compilePass makes the programs of a pass, but for its experts.
func (m *Model) compilePass(ctx context.Context, label string, k kind) (*pass, error) {
	p := &pass{layers: make([]layerPrograms, m.Config.NLayers), perSubmit: 1}
	var err error
	if p.begin, err = m.pipelines.Compile(ctx, label+" embedding", m.embedCalls(k.n)); err != nil {
		return nil, err
	}
	for l := range p.layers {
		layer := &p.layers[l]
		if layer.attention, err = m.pipelines.Compile(ctx, fmt.Sprintf("%s attention %d", label, l), m.attentionCalls(l, k)); err != nil {
			return nil, err
		}
		if k.apart {
			continue
		}
		if layer.combine, err = m.pipelines.Compile(ctx, fmt.Sprintf("%s combine %d", label, l), m.combineCalls(l, k)); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// compileExperts makes the programs of a pass that are bound to the slots.
func (m *Model) compileExperts(ctx context.Context, p *pass, label string, k kind) error {
	for l := range p.layers {
		var calls []kernel.Call
		switch {
		case m.slots.layers != nil:
			calls = m.expertCalls(l, k, m.slots.layers[l])
		case !k.apart:
			calls = m.planCalls(l, k)
		default:
			continue
		}
		var err error
		if p.layers[l].experts, err = m.pipelines.Compile(ctx, fmt.Sprintf("%s experts %d", label, l), calls); err != nil {
			return err
		}
	}
	return nil
}

// releaseExperts frees what compileExperts made.
func (m *Model) releaseExperts(p *pass) {
	for l := range p.layers {
		if program := p.layers[l].experts; program != nil {
			m.pipelines.Release(program)
			p.layers[l].experts = nil
		}
	}
}

// releasePass frees all programs of a pass.
func (m *Model) releasePass(p *pass) {
	m.releaseExperts(p)
	m.pipelines.Release(p.begin)
	for _, l := range p.layers {
		m.pipelines.Release(l.attention)
		if l.combine != nil {
			m.pipelines.Release(l.combine)
		}
	}
}

// compile makes the programs of the first token.
func (m *Model) compile(ctx context.Context) error {
	var err error
	if m.first != nil {
		m.first.pass, err = m.compileWhole(ctx, "first", m.few())
	} else {
		m.prefill, err = m.compilePrefill(ctx)
	}
	if err != nil {
		return err
	}
	if m.head, err = m.pipelines.Compile(ctx, "head", m.headCalls(m.one(), true, m.act.logits)); err != nil {
		return err
	}
	if m.sample, err = m.pipelines.Compile(ctx, "sample", m.sampleCalls()); err != nil {
		return err
	}
	if m.options.AllLogits {
		m.headAll, err = m.pipelines.Compile(ctx, "head of all", m.headCalls(m.chunk(), false, m.act.logits))
	}
	return err
}

func (m *Model) compilePrefill(ctx context.Context) (*pass, error) {
	return m.compileWhole(ctx, "prefill", m.chunk())
}

func (m *Model) compileWhole(ctx context.Context, label string, k kind) (*pass, error) {
	p, err := m.compilePass(ctx, label, k)
	if err != nil {
		return nil, err
	}
	return p, m.compileExperts(ctx, p, label, k)
}

// bodyCalls are all of a pass but its end.
func (m *Model) bodyCalls(k kind) []kernel.Call {
	calls := m.embedCalls(k.n)
	for l := range m.w.layers {
		calls = slices.Concat(calls, m.attentionCalls(l, k), m.expertCalls(l, k, m.slots.matrices(l)), m.combineCalls(l, k))
	}
	return calls
}

// firstTokenCalls are all that the first token needs: a prefill chunk, the head that turns
// its last token into logits, and sampling from them.
func (m *Model) firstTokenCalls() []kernel.Call {
	k := m.chunk()
	if m.first != nil {
		k = m.few()
	}
	calls := slices.Concat(m.bodyCalls(k), m.headCalls(m.one(), true, m.act.logits), m.sampleCalls())
	if m.options.AllLogits {
		calls = append(calls, m.headCalls(m.chunk(), false, m.act.logits)...)
	}
	return calls
}

// decodeCalls are a pass of one token with its head and sampling.
func (m *Model) decodeCalls() []kernel.Call { return append(m.bodyCalls(m.one()), m.endCalls()...) }

func (m *Model) endCalls() []kernel.Call {
	return slices.Concat(m.headCalls(m.one(), true, m.act.logits), m.sampleCalls())
}

func (m *Model) sampleCalls() []kernel.Call {
	a := &m.act
	return []kernel.Call{kernel.Sample(m.tuning, a.logits, a.sampling, a.counts, a.tokens, a.state, a.out, m.Config.VocabSize, Ring)}
}

func (m *Model) embedCalls(n int) []kernel.Call {
	var calls []kernel.Call
	for _, p := range m.w.embed {
		calls = append(calls, kernel.Embed(m.tuning, p.format, m.act.tokens, m.act.state, p.Binding, m.act.x, n, p.cols, p.rows, p.row0))
	}
	return calls
}

// headCalls are the final norm and the logits: of the pass's last token, or of all.
func (m *Model) headCalls(k kind, last bool, logits gpu.Binding) []kernel.Call {
	a, n := &m.act, k.n
	calls := []kernel.Call{kernel.RMSNorm(k.tuning, a.x, m.w.norm, a.state, a.h, n, m.Config.Dim, float32(m.Config.NormEps), last)}
	for _, p := range m.w.lmHead {
		calls = append(calls, kernel.Matmul(k.tuning, p.format, a.h, a.state, p.Binding, logits, n, p.rows, p.cols, m.Config.VocabSize, p.row0, false))
	}
	return calls
}
