package mixtral

import (
	"encoding/binary"

	"mixtab/engine/kernel"
)

// Where the host samples, a step ends with the logits: they are read back, and the host
// does what the kernel does behind them. The next step can only be queued then.

// choose samples from the logits and moves the device on as sample.wgsl does, but for the
// counts and the ring, which nobody reads.
func (s *Step) choose(logits []uint32) (int32, error) {
	m := s.m
	if m.watch.Logits {
		s.Logits = floats(logits)
	}
	token, err := m.host.Next(floats(logits))
	if err != nil {
		return 0, err
	}
	m.hostPos++
	if s.number == m.sampled { // behind a prefill
		m.hostPos = m.cache.Len()
	}
	state := make([]uint32, kernel.StateToken+1)
	state[kernel.StatePos] = uint32(m.hostPos)
	state[kernel.StateN] = 1
	state[kernel.StateStep] = uint32(s.number + 1)
	state[kernel.StateToken] = uint32(token)
	bytes, _ := binary.Append(nil, binary.LittleEndian, state)
	if err := m.dev.Write(m.act.state.Buffer, 0, bytes); err != nil {
		return 0, err
	}
	return token, m.dev.Write(m.act.tokens.Buffer, 0, binary.LittleEndian.AppendUint32(nil, uint32(token)))
}
