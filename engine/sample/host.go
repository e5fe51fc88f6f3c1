package sample

import "errors"

// A Host samples the tokens of one answer on the host.
type Host struct {
	config Config
	words  []uint32
	counts []uint32 // by token
	answer []int32
	mask   []uint32 // of the next token; nil: the Mask has not been asked
}

// NewHost goes on with an answer whose first tokens are there, for a valid config and a
// vocabulary of so many tokens.
func NewHost(c Config, vocab int, answer []int32) *Host {
	h := &Host{config: c, words: c.Words(), counts: make([]uint32, vocab)}
	for _, id := range answer {
		h.take(id)
	}
	return h
}

// Prepare does what the next token needs no logits for.
func (h *Host) Prepare() (err error) {
	if h.config.Mask != nil && h.mask == nil {
		h.mask, err = h.config.Mask(h.answer)
	}
	return err
}

// Next chooses the next token from its logits, which it changes.
func (h *Host) Next(logits []float32) (int32, error) {
	for id, bias := range h.config.LogitBias {
		logits[id] += bias
	}
	if err := h.Prepare(); err != nil {
		return 0, err
	}
	if h.mask != nil {
		ban(logits, h.mask)
	}
	token := int32(Pick(h.words, logits, h.counts, uint32(len(h.answer))))
	if logits[token] == banned { // then so are all
		return 0, errors.New("sample: the mask bans every token")
	}
	h.take(token)
	return token, nil
}

func (h *Host) take(id int32) {
	h.counts[id]++
	h.answer = append(h.answer, id)
	h.mask = nil
}

// ban takes the tokens out of the choice whose bits are not set.
func ban(logits []float32, mask []uint32) {
	for word, bits := range mask {
		if bits == 1<<32-1 {
			continue
		}
		for id := 32 * word; id < min(32*word+32, len(logits)); id++ {
			if bits>>(id%32)&1 == 0 {
				logits[id] = banned
			}
		}
	}
}
