package mixtral

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
	"mixtab/engine/sample"
)

// Prefill runs tokens at the positions after those in the KV cache, chunk by chunk,
// and leaves the pass of the last chunk on the device for Sample or Logits. The
// context is looked at between chunks; what ran before it ended stays in the cache.
func (m *Model) Prefill(ctx context.Context, tokens []int32) error {
	if len(tokens) == 0 {
		return fmt.Errorf("mixtral: a prompt needs at least one token")
	}
	if err := m.checkRoom(len(tokens)); err != nil {
		return err
	}
	for chunk := range slices.Chunk(tokens, m.tuning.Chunk) {
		if err := m.PrefillChunk(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// ChunkTokens is the most tokens of one pass.
func (m *Model) ChunkTokens() int { return m.tuning.Chunk }

// PrefillChunk runs at most ChunkTokens tokens and waits until the device is done, so
// that a cancelled prefill leaves at most one chunk of work behind.
func (m *Model) PrefillChunk(ctx context.Context, tokens []int32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.broken != nil {
		return m.broken
	}
	if len(tokens) == 0 || len(tokens) > m.tuning.Chunk {
		return fmt.Errorf("mixtral: a chunk has 1 to %d tokens, not %d", m.tuning.Chunk, len(tokens))
	}
	if err := m.checkRoom(len(tokens)); err != nil {
		return err
	}
	words := make([]byte, 0, 4*len(tokens))
	for _, id := range tokens {
		if id < 0 || int(id) >= m.Config.VocabSize {
			return fmt.Errorf("mixtral: token %d is not in the vocabulary of %d", id, m.Config.VocabSize)
		}
		words = binary.LittleEndian.AppendUint32(words, uint32(id))
	}
	if err := m.dev.Write(m.act.tokens.Buffer, 0, words); err != nil {
		return err
	}
	if err := m.writeState(m.cache.Len(), len(tokens)); err != nil {
		return err
	}
	// Whatever pass or load failed half way before: every answer begins with a prefill.
	if err := m.writeTables(); err != nil {
		return err
	}
	start := time.Now()
	var whole *pass // nil: not all experts are there
	var last []gpu.Program
	var err error
	if m.slots.complete() {
		if whole, err = m.chunkPass(ctx, len(tokens)); err != nil {
			return err
		}
		last, err = whole.submit(m.dev, fromStart, m.Config.NLayers, nil)
	} else {
		err = m.runWaves(ctx)
	}
	if err != nil {
		return err
	}
	done, err := gpu.SubmitRead(m.dev, m.act.state.Buffer, 0, 4, last...)
	if err != nil {
		return err
	}
	if err := done.Wait(ctx, make([]byte, 4)); err != nil {
		return err
	}
	if whole != nil {
		// As if the chunk had been full, so that a short prompt does not promise too much.
		whole.took(time.Since(start) * time.Duration(m.tuning.Chunk) / time.Duration(len(tokens)))
	}
	m.chunkLen = len(tokens)
	m.cache.tokens = append(m.cache.tokens, tokens...)
	return nil
}

// checkRoom says whether n more tokens fit.
func (m *Model) checkRoom(n int) error {
	if m.cache.Len()+n > m.Context {
		return fmt.Errorf("%w: %d tokens, and the model keeps %d: shorten the conversation", ErrContextFull, m.cache.Len()+n, m.Context)
	}
	return nil
}

func (m *Model) writeState(pos, n int) error {
	var words []byte
	words = binary.LittleEndian.AppendUint32(words, uint32(pos))
	words = binary.LittleEndian.AppendUint32(words, uint32(n))
	if err := m.dev.Write(m.act.state.Buffer, 0, words); err != nil {
		return err
	}
	return m.dev.Write(m.act.state.Buffer, 4*kernel.StateFault, make([]byte, 4)) // of a step that was given up
}

// Logits reads the logits of the last pass: f32[vocabSize] of its last token, or, of a
// model with AllLogits, f32[n, vocabSize] of all its n tokens.
func (m *Model) Logits(ctx context.Context, n int) ([]float32, error) {
	head := m.head
	if m.options.AllLogits {
		head = m.headAll
	}
	if err := m.dev.Submit(head); err != nil {
		return nil, err
	}
	words, err := m.read(ctx, m.act.logits.Buffer, 0, min(n, m.logitRows())*m.Config.VocabSize)
	if err != nil {
		return nil, err
	}
	return floats(words), nil
}

// A Route is the router's choice of one expert for one token.
type Route struct {
	Expert int
	Weight float32
}

// Routes reads a layer's choices in the last pass of n tokens: [n·nExpertsPerTok], a
// token's heaviest expert first.
func (m *Model) Routes(ctx context.Context, layer, n int) ([]Route, error) {
	count := n * m.Config.NExpertsPerTok
	words, err := m.read(ctx, m.act.routes, layer*m.routeStride(), 2*count)
	if err != nil {
		return nil, err
	}
	routes := make([]Route, count)
	for i := range routes {
		routes[i] = Route{Expert: int(words[2*i]), Weight: math.Float32frombits(words[2*i+1])}
	}
	return routes, nil
}

func (m *Model) read(ctx context.Context, b gpu.Buffer, offset, words int) ([]uint32, error) {
	bytes := make([]byte, 4*words)
	if err := gpu.ReadInto(ctx, m.dev, b, offset, bytes); err != nil {
		return nil, err
	}
	out := make([]uint32, words)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(bytes[4*i:])
	}
	return out, nil
}

func floats(words []uint32) []float32 {
	f := make([]float32, len(words))
	for i, w := range words {
		f[i] = math.Float32frombits(w)
	}
	return f
}

// Begin prepares sampling for an answer: its parameters, and the tokens of it that were
// sampled already, none of a new one.
func (m *Model) Begin(c sample.Config, sampled ...int32) error {
	if err := c.Validate(m.Config.VocabSize); err != nil {
		return err
	}
	m.host = nil
	if c.OnHost() {
		m.host = sample.NewHost(c, m.Config.VocabSize, sampled)
	}
	words, _ := binary.Append(nil, binary.LittleEndian, c.Words())
	if err := m.dev.Write(m.act.sampling.Buffer, 0, words); err != nil {
		return err
	}
	counts := make([]byte, 4*m.Config.VocabSize)
	for _, id := range sampled {
		count := counts[4*id:]
		binary.LittleEndian.PutUint32(count, binary.LittleEndian.Uint32(count)+1)
	}
	if err := m.dev.Write(m.act.counts.Buffer, 0, counts); err != nil {
		return err
	}
	m.sampled = len(sampled)
	step := binary.LittleEndian.AppendUint32(nil, uint32(m.sampled))
	return m.dev.Write(m.act.state.Buffer, 4*kernel.StateStep, step)
}

// Accept tells the cache that a decoded step's token is part of the text: its keys and
// values are there once the step after it has run.
func (m *Model) Accept(token int32) { m.cache.tokens = append(m.cache.tokens, token) }
