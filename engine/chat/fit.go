package chat

import (
	"errors"
	"fmt"

	"mixtab/engine/tokenizer"
)

// ErrTooLong means that a conversation does not fit even without its history.
var ErrTooLong = errors.New("the last message does not fit")

// Fit drops the oldest turns of a conversation until Encode gives at most
// maxTokens ids. It returns the messages to keep, in order, and how many it
// dropped. System messages always stay, and so does everything from the latest
// user turn on; between them, a user's turn goes together with its answer.
//
// If that is still too long, the error wraps ErrTooLong and says how many
// tokens are needed.
func Fit(tok *tokenizer.Tokenizer, msgs []Message, maxTokens int) (kept []Message, dropped int, err error) {
	c, err := newConversation(msgs)
	if err != nil {
		return nil, 0, err
	}
	// Turns are encoded one by one, so their lengths add up; only the turn that
	// comes first depends on it, because it carries the system text.
	n := len(c.turns)
	rest := make([]int, n+1) // [i]: tokens of turn i and all after it, none of them first
	for i := n - 1; i >= 0; i-- {
		rest[i] = rest[i+1] + len(c.appendTurn(nil, tok, c.turns[i], false))
	}
	lastUser := (n - 1) / 2 * 2
	for start := 0; ; start += 2 {
		need := 1 + len(c.appendTurn(nil, tok, c.turns[start], true)) + rest[start+1]
		if need <= maxTokens {
			kept = c.from(start, msgs)
			return kept, len(msgs) - len(kept), nil
		}
		if start == lastUser {
			return nil, 0, fmt.Errorf("%w: it needs %d tokens, and %d are left: shorten it", ErrTooLong, need, maxTokens)
		}
	}
}

// from returns the system messages and those of turn start and later.
func (c *conversation) from(start int, msgs []Message) []Message {
	first := c.turns[start].first
	var kept []Message
	for i, m := range msgs {
		if m.Role == System || i >= first {
			kept = append(kept, m)
		}
	}
	return kept
}
