package chat

// separator joins texts that share a turn.
const separator = "\n\n"

// conversation is what the template can express: system text, then user and
// assistant in turn, a user first.
type conversation struct {
	system string // "" if none
	turns  []turn // at least one; even ones are the user's
}

// turn is a run of messages of one role.
type turn struct {
	role Role // User or Assistant
	text string
	// first and last are the indices of the turn's messages, system messages
	// between them included; -1 for a user turn that was put in.
	first, last int
}

// newConversation applies mistral-common V1's policy for what the model card
// leaves open:
//
//   - system messages, wherever they stand, are joined by an empty line and
//     belong in front of the first user message; empty ones are dropped;
//   - messages of one role in a row are joined by an empty line;
//   - an assistant who begins gets an empty user before it.
//
// V1 refuses an empty assistant message and a conversation that ends with an
// assistant; the card's rule covers both, and it is followed.
func newConversation(msgs []Message) (*conversation, error) {
	c := new(conversation)
	for i, m := range msgs {
		switch m.Role {
		case System:
			c.system = join(c.system, m.Content)
		case User, Assistant:
			c.add(i, m)
		default:
			return nil, roleError{i, m.Role}
		}
	}
	if len(c.turns) == 0 {
		return nil, ErrEmpty
	}
	return c, nil
}

func (c *conversation) add(i int, m Message) {
	n := len(c.turns)
	if n > 0 && c.turns[n-1].role == m.Role {
		t := &c.turns[n-1]
		t.text, t.last = join(t.text, m.Content), i
		return
	}
	if n == 0 && m.Role == Assistant {
		c.turns = append(c.turns, turn{role: User, first: -1, last: -1})
	}
	c.turns = append(c.turns, turn{m.Role, m.Content, i, i})
}

// join puts an empty line between two texts, unless one is empty.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + separator + b
}
