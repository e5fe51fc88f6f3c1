package mixtral

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"mixtab/engine/gpu"
	"mixtab/engine/kernel"
)

// MaxDraft is the most tokens of a draft.
const MaxDraft = 7

// A drafter is the pass of a draft: the last token and some guesses at what follows it, run
// at once like a small chunk of a prompt, with the logits of all. Each row is sampled
// only if the row before gave the guess, so that the tokens are those of decoding.
type drafter struct {
	*pass
	logits gpu.Binding // f32[1+MaxDraft, vocabSize]
	head   gpu.Program
	sample []gpu.Program // by row
	off    string        // why its tokens would not be those of decoding; "": they are
}

// PrepareDrafts makes the pass of drafts the first time. It has to come before the prefill
// of an answer, as it needs the positions behind what the cache holds. off says why there
// can be no drafts, "" if there can.
func (m *Model) PrepareDrafts(ctx context.Context) (off string, err error) {
	switch {
	case m.broken != nil:
		return "", m.broken
	case !m.slots.complete():
		return "not all experts are on the device", nil
	case m.watch.unwatched() != "":
		return m.watch.unwatched(), nil
	case m.tuning.Chunk <= MaxDraft || m.Context-m.cache.Len() <= MaxDraft:
		return "the context is too small", nil
	}
	if m.draft != nil {
		return m.draft.off, nil
	}
	if err := m.decode.ready(ctx, m); err != nil {
		return "", err
	}
	if m.draftLogits.Buffer == nil {
		b, err := m.buffer(ctx, "draft logits", 4*(1+MaxDraft)*m.Config.VocabSize)
		if err != nil {
			return "", err
		}
		m.draftLogits = gpu.Binding{Buffer: b}
	}
	d := &drafter{logits: m.draftLogits}
	if err := m.compileDrafter(context.WithoutCancel(ctx), d); err != nil {
		return "", err
	}
	m.draft = d
	same, err := m.sameAsDecoding(ctx, d)
	if err != nil {
		m.releaseDrafter() // nobody knows yet whether it is of use
		return "", err
	}
	if !same {
		d.off = "this device's kernels sum several tokens in another order than one"
	}
	return d.off, nil
}

func (m *Model) compileDrafter(ctx context.Context, d *drafter) error {
	k := m.drafted()
	if err := m.pipelines.Prepare(ctx, append(m.bodyCalls(k), m.headCalls(k, false, d.logits)...)); err != nil { // several at a time
		return err
	}
	var err error
	if d.pass, err = m.compileWhole(ctx, "draft", k); err != nil {
		return err
	}
	if d.head, err = m.pipelines.Compile(ctx, "draft head", m.headCalls(k, false, d.logits)); err != nil {
		return err
	}
	a := &m.act
	for row := range k.n {
		call := kernel.SampleDraft(m.tuning, d.logits, a.sampling, a.counts, a.tokens, a.state, a.out, row, m.Config.VocabSize, Ring)
		program, err := m.pipelines.Compile(ctx, fmt.Sprintf("draft sample %d", row), []kernel.Call{call})
		if err != nil {
			return err
		}
		d.sample = append(d.sample, program)
	}
	return nil
}

// sameAsDecoding asks the device itself: some tokens behind what the cache holds give the
// same bits one by one and at once.
func (m *Model) sameAsDecoding(ctx context.Context, d *drafter) (bool, error) {
	const n = 1 + MaxDraft
	vocab, pos := m.Config.VocabSize, m.cache.Len()
	var tokens []byte
	var want []uint32
	m.decode.end = m.head
	for i := range n {
		token := binary.LittleEndian.AppendUint32(nil, uint32((1+i*7919)%vocab))
		tokens = append(tokens, token...)
		if err := m.dev.Write(m.act.tokens.Buffer, 0, token); err != nil {
			return false, err
		}
		if err := m.writeState(pos+i, 1); err != nil {
			return false, err
		}
		last, err := m.decode.submit(m.dev, fromStart, m.Config.NLayers, nil)
		if err != nil {
			return false, err
		}
		logits, err := m.submitAndRead(ctx, m.act.logits.Buffer, vocab, last...)
		if err != nil {
			return false, err
		}
		want = append(want, logits...)
	}
	if err := m.dev.Write(m.act.tokens.Buffer, 0, tokens); err != nil {
		return false, err
	}
	if err := m.writeState(pos, n); err != nil {
		return false, err
	}
	last, err := d.submit(m.dev, fromStart, m.Config.NLayers, nil)
	if err != nil {
		return false, err
	}
	got, err := m.submitAndRead(ctx, d.logits.Buffer, n*vocab, append(last, d.head)...)
	return slices.Equal(got, want), err
}

// CanDraft says whether DecodeDraft can run now: a smaller expert budget ends that.
func (m *Model) CanDraft() bool { return m.draft != nil && m.draft.off == "" && m.slots.complete() }

// DecodeDraft runs the last token and a draft of what follows it, and returns the tokens that
// decoding would have given: as much of the draft as is right, and one more. number is that
// of the first in the answer. No step may be under way.
func (m *Model) DecodeDraft(ctx context.Context, number int, draft []int32) ([]int32, error) {
	if m.broken != nil {
		return nil, m.broken
	}
	d, a, n := m.draft, &m.act, 1+len(draft)
	words := make([]byte, 0, 4*len(draft))
	for _, id := range draft {
		words = binary.LittleEndian.AppendUint32(words, uint32(id))
	}
	if err := m.dev.Write(a.tokens.Buffer, 4, words); err != nil {
		return nil, err
	}
	if err := m.dev.Write(a.state.Buffer, 4*kernel.StateN, binary.LittleEndian.AppendUint32(nil, uint32(n))); err != nil {
		return nil, err
	}
	start := time.Now()
	last, err := d.submit(m.dev, fromStart, m.Config.NLayers, nil)
	if err != nil {
		return nil, err
	}
	out, err := m.submitAndRead(ctx, a.out.Buffer, Ring, slices.Concat(last, []gpu.Program{d.head}, d.sample[:n])...)
	if err != nil {
		return nil, err
	}
	d.took(time.Since(start))
	var tokens []int32
	for i := range n {
		tokens = append(tokens, int32(out[(number+i)%Ring]))
		if i < len(draft) && tokens[i] != draft[i] {
			break
		}
	}
	return tokens, nil
}

// releaseDrafter frees the pass of drafts, which is bound to the slots.
func (m *Model) releaseDrafter() {
	d := m.draft
	if d == nil {
		return
	}
	m.draft = nil
	m.releasePass(d.pass)
	for _, p := range append(d.sample, d.head) {
		m.pipelines.Release(p)
	}
}

// submitAndRead submits programs and waits for the first words of a buffer behind them.
func (m *Model) submitAndRead(ctx context.Context, b gpu.Buffer, words int, programs ...gpu.Program) ([]uint32, error) {
	r, err := gpu.SubmitRead(m.dev, b, 0, 4*words, programs...)
	if err != nil {
		return nil, err
	}
	out := make([]uint32, words)
	return out, waitWords(ctx, r, out)
}
