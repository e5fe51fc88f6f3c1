package sample

import "errors"

// A Host samples the tokens of one answer on the host.
type Host struct {
	config Config
	words  []uint32
	counts []uint32 // by token
	answer []int32
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

// Next chooses the next token from its logits, which it changes.
func (h *Host) Next(logits []float32) (int32, error) {
	for id, bias := range h.config.LogitBias {
		logits[id] += bias
	}
	if h.config.Mask != nil {
		if err := h.config.Mask(h.answer, logits); err != nil {
			return 0, err
		}
	}
	token := int32(Pick(h.words, logits, h.counts, uint32(len(h.answer))))
	if logits[token] == Banned { // then so are all
		return 0, errors.New("sample: the mask bans every token")
	}
	h.take(token)
	return token, nil
}

func (h *Host) take(id int32) {
	h.counts[id]++
	h.answer = append(h.answer, id)
}
