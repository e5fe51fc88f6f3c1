package grammar

import (
	"errors"
	"slices"
)

// maxMasks is how many masks are remembered; behind that all are computed anew.
const maxMasks = 1 << 9

// A Matcher follows answers and says which tokens may come next. It remembers what it has
// found, also from one answer to the next. It is not safe for concurrent use.
type Matcher struct {
	vocabulary *Vocabulary
	machine    *machine
	at         int32   // the state behind taken
	taken      []int32 // the answer so far
	masks      int
}

// NewMatcher makes one for answers of a grammar in tokens of a vocabulary.
func NewMatcher(g *Grammar, v *Vocabulary) *Matcher {
	m := &Matcher{vocabulary: v, machine: newMachine(g)}
	m.at = m.machine.start()
	return m
}

// Grammar is what the answers have to be.
func (m *Matcher) Grammar() *Grammar { return m.machine.g }

// Allowed has a bit for each token that may follow an answer so far: that of token id is bit
// id%32 of word id/32. A token that ends the answer is among them exactly where the document
// is complete. The words stay the Matcher's.
func (m *Matcher) Allowed(answer []int32) ([]uint32, error) {
	if err := m.follow(answer); err != nil {
		return nil, err
	}
	if m.masks == maxMasks {
		for _, s := range m.machine.states[dead:] {
			s.mask = nil
		}
		m.masks = 0
	}
	s := m.machine.states[m.at]
	if s.mask == nil {
		s.mask = m.vocabulary.mask(m.machine, m.at)
		m.masks++
	}
	if m.machine.full {
		m.restart()
		return nil, ErrAmbiguous
	}
	return s.mask, nil
}

// Complete says whether an answer is a whole document that nothing may follow.
func (m *Matcher) Complete(answer []int32) (bool, error) {
	err := m.follow(answer)
	s := m.machine.states[m.at]
	return err == nil && s.ended && len(s.places) == 0, err
}

// ErrAstray is of an answer that was not sampled from what is allowed.
var ErrAstray = errors.New("it does not begin a document of the format that is asked for: leave the format out, or let the answer begin anew")

// follow goes to the state behind an answer: from where it was, if the answer goes on there.
func (m *Matcher) follow(answer []int32) error {
	if len(answer) < len(m.taken) || !slices.Equal(answer[:len(m.taken)], m.taken) {
		m.at, m.taken = m.machine.start(), m.taken[:0]
	}
	if len(m.machine.states) > maxStates {
		m.machine, m.at = m.machine.only(m.at)
		m.masks = 0
	}
	for _, id := range answer[len(m.taken):] {
		if id < 0 || int(id) >= len(m.vocabulary.texts) || m.vocabulary.texts[id] == "" {
			return ErrAstray
		}
		at := m.at
		for _, b := range []byte(m.vocabulary.texts[id]) {
			at = m.machine.step(at, b)
		}
		if m.machine.full {
			m.restart()
			return ErrAmbiguous
		}
		if at == dead {
			return ErrAstray
		}
		m.at, m.taken = at, append(m.taken, id)
	}
	return nil
}

// restart leaves nothing that was found.
func (m *Matcher) restart() {
	m.machine, m.masks = newMachine(m.machine.g), 0
	m.at, m.taken = m.machine.start(), m.taken[:0]
}
