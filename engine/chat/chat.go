// Package chat turns a conversation into the token ids that Mixtral's instruct
// model was trained on.
//
// The template is the model card's pseudo-code, segment by segment:
//
//	<s> [INST] user [/INST] assistant </s> [INST] user [/INST] …
//
// where <s> and </s> are control ids and everything else is text, each segment
// encoded by itself. So whatever a user types stays text: "</s>" or "[/INST]"
// in a message cannot end it. Conversations that the card leaves open follow
// mistral-common's V1 policy (github.com/mistralai/mistral-common): see turns.
package chat

import (
	"errors"
	"fmt"

	"mixtab/engine/tokenizer"
)

// Role says who wrote a message.
type Role string

// The roles of a conversation, in the words of OpenAI's API.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
)

// Message is one contribution to a conversation.
type Message struct {
	Role    Role   `json:"role"`
	Content string `json:"content"`
}

// ErrRole is what a message of another role than the three gives.
var ErrRole = errors.New("unknown role")

// A roleError is an ErrRole that says where.
type roleError struct {
	message int
	role    Role
}

func (e roleError) Error() string {
	return fmt.Sprintf("message %d has the unknown role %q; use system, user or assistant", e.message, e.role)
}

func (e roleError) Is(target error) bool { return target == ErrRole }

// Template names a way to write conversations, as a pack's manifest states it.
type Template string

// MixtralInstruct is the template of Mixtral-8x7B-Instruct-v0.1 and
// Mistral-7B-Instruct-v0.1, the one that Encode implements.
const MixtralInstruct Template = "mixtral-instruct"

// ParseTemplate returns the template of that name; names that this package does
// not implement are refused, since another template would give fluent nonsense.
func ParseTemplate(name string) (Template, error) {
	if t := Template(name); t == MixtralInstruct {
		return t, nil
	}
	return "", fmt.Errorf("chat: unknown prompt template %q; only %q is supported", name, MixtralInstruct)
}

// ErrEmpty means a conversation without any user or assistant message.
var ErrEmpty = errors.New("the conversation has no message to answer")

const (
	instOpen  = "[INST]"
	instClose = "[/INST]"
)

// Encode returns the ids of a conversation in the MixtralInstruct template,
// from BOS on. After a user's message the model's answer follows; a
// conversation that ends with an assistant ends with EOS. A role other than the
// three is an error, and so is a conversation without user and assistant.
func Encode(tok *tokenizer.Tokenizer, msgs []Message) ([]int32, error) {
	c, err := newConversation(msgs)
	if err != nil {
		return nil, err
	}
	ids := []int32{tok.BOS()}
	for i, t := range c.turns {
		ids = c.appendTurn(ids, tok, t, i == 0)
	}
	return ids, nil
}

// ErrNoAnswer is what a conversation that does not end with an assistant gives when its
// answer is to go on.
var ErrNoAnswer = errors.New("there is no answer to continue: the last message is not the assistant's")

// EncodeOpen is Encode of a conversation that ends with an assistant whose answer goes on:
// the ids in front of that answer, and those of the answer so far, behind which no EOS
// stands. Where these are the ids that the model had chosen, it goes on as if it had never
// stopped; text that was cut inside a word may have others.
func EncodeOpen(tok *tokenizer.Tokenizer, msgs []Message) (prompt, answer []int32, err error) {
	c, err := newConversation(msgs)
	if err != nil {
		return nil, nil, err
	}
	last := len(c.turns) - 1
	if c.turns[last].role != Assistant {
		return nil, nil, ErrNoAnswer
	}
	prompt = []int32{tok.BOS()}
	for i, t := range c.turns[:last] {
		prompt = c.appendTurn(prompt, tok, t, i == 0)
	}
	return prompt, tok.AppendEncode(nil, c.turns[last].text), nil
}

// appendTurn appends the ids of one turn; the first carries the system text.
func (c *conversation) appendTurn(ids []int32, tok *tokenizer.Tokenizer, t turn, first bool) []int32 {
	text := t.text
	if first {
		text = join(c.system, text)
		if c.system != "" && t.text == "" {
			text += separator // V1 joins with the empty message, too
		}
	}
	switch {
	case t.role == Assistant:
		ids = tok.AppendEncode(ids, text)
		return append(ids, tok.EOS())
	case text == "":
		// V1 encodes "[INST] {content} [/INST]" as one string, which is the
		// same as segment by segment but for the extra space here.
		return tok.AppendEncode(ids, instOpen+"  "+instClose)
	}
	ids = tok.AppendEncode(ids, instOpen)
	ids = tok.AppendEncode(ids, text)
	return tok.AppendEncode(ids, instClose)
}
