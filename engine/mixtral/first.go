package mixtral

import "context"

// A firstPass runs the first prompts of a small model by decoding's kernels, which are
// needed in any case: those that read weights once for several tokens take CPU adapters
// longer to compile than they save.
type firstPass struct {
	*pass
	left     int // tokens until the compilation of the others begins
	cancel   context.CancelFunc
	prepared chan error // nil: not begun
}

// firstWork is how many products the first prompts may take: about a second of
// SwiftShader's, as long as it compiles prefill's kernels.
const firstWork = 1 << 29

// startsFirst says whether the model has a firstPass: its kernels must give the same
// numbers as prefill's, and find all experts in their slots.
func (m *Model) startsFirst() bool {
	one, chunk := m.tuning.Decode, m.tuning.Prefill
	same := one.Alone() && chunk.Alone() && one.Arithmetic == chunk.Arithmetic
	return same && m.slots.layout.Resident() && !m.options.Lazy && !m.options.AllLogits && m.firstTokens() > 0
}

// firstTokens are those that firstWork is enough for.
func (m *Model) firstTokens() int {
	c := m.Config
	layer := c.Dim*(2*c.NHeads+2*c.NKVHeads)*c.HeadDim + c.NExpertsPerTok*3*c.Dim*c.HiddenDim
	return firstWork / (c.NLayers*layer + c.Dim*c.VocabSize)
}

// chunkPass is the pass for the next n tokens of a prompt, where all experts are there.
func (m *Model) chunkPass(ctx context.Context, n int) (*pass, error) {
	f := m.first
	if f == nil {
		return m.prefill, nil
	}
	f.left -= n
	if f.prepared == nil {
		if f.left < 0 {
			inner, cancel := context.WithCancel(context.Background())
			f.cancel, f.prepared = cancel, make(chan error, 1)
			calls := m.bodyCalls(m.chunk())
			go func() { f.prepared <- m.pipelines.Prepare(inner, calls) }()
		}
		return f.pass, nil
	}
	select {
	case err := <-f.prepared:
		if err == nil {
			err = m.endFirst(ctx)
		}
		return m.prefill, err
	default:
		return f.pass, nil
	}
}

// CompileAll waits for what is compiled behind the first answers.
func (m *Model) CompileAll(ctx context.Context) error {
	if err := m.decode.ready(ctx, m); err != nil {
		return err
	}
	return m.endFirst(ctx)
}

// endFirst leaves the first pass for prefill's own.
func (m *Model) endFirst(ctx context.Context) error {
	if m.first == nil {
		return nil
	}
	p, err := m.compilePrefill(context.WithoutCancel(ctx)) // half of it would be kept by nobody
	if err != nil {
		return err
	}
	m.releasePass(m.first.pass)
	m.first.close()
	m.prefill, m.first = p, nil
	return nil
}

func (f *firstPass) close() {
	if f != nil && f.cancel != nil {
		f.cancel()
	}
}
