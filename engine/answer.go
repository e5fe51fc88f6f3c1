package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mixtab/engine/chat"
	"mixtab/engine/grammar"
	"mixtab/engine/mixtral"
	"mixtab/engine/sample"
	"mixtab/engine/tokenizer"
)

// A Request says how an answer is made.
type Request struct {
	Sampling  sample.Config
	MaxTokens int      // 0: until the context is full
	Stop      []string // the answer ends before the first of these
	Speculate int      // tokens to draft at a time by prompt lookup, at most mixtral.MaxDraft; 0: none
	// Drop leaves the oldest turns out of a conversation that does not fit; without
	// it such a conversation is an ErrContextFull.
	Drop bool
	// Continue has the last message of a conversation, an assistant's, go on. With the same
	// sampling, its seed among it, the answer becomes what it would have been in one piece.
	Continue bool
	// Grammar is what the answer has to be a document of; nil: any text. It then ends where the
	// document is complete.
	Grammar *grammar.Grammar
	// Begun are the first tokens of the answer, where another engine had begun it with the same
	// request: their text has been told, and it goes on behind them as that one would have.
	Begun []int32

	// Logprobs tells the log-probability of every token but the end token, and of so many
	// alternatives, TopLogprobs, at most MaxTopLogprobs. They are the model's own, of its
	// logits before bias, mask, penalties and temperature. Then nothing is drafted.
	Logprobs    bool
	TopLogprobs int
	// Routing is told which experts gave each token, the end token too, soon after it; nil:
	// nobody is. Its numbers count from 0. Then nothing is drafted either.
	Routing func(mixtral.Routing)
}

// A Finish is the reason why an answer ended.
type Finish string

const (
	FinishStop      Finish = "stop"      // the model's end token, a stop string, or a whole document
	FinishLength    Finish = "length"    // MaxTokens, or the context is full
	FinishCancelled Finish = "cancelled" // the caller's context ended
)

// A Result tells of an answer after its end.
type Result struct {
	Finish           Finish
	PromptTokens     int // those of an answer that goes on among them
	CachedTokens     int // of the prompt, found in the KV cache
	CompletionTokens int // the end token included
	DroppedMessages  int
	DraftedTokens    int           // by prompt lookup
	AcceptedTokens   int           // of them
	SpeculationOff   string        // why nothing was drafted though it was asked for; else empty
	Prefill          time.Duration // until the first token
	Decode           time.Duration // from the first token to the last
}

// A Delta is a piece of an answer: whole characters, never half of one.
type Delta struct {
	Text   string
	Tokens int     // generated so far
	IDs    []int32 // those that came since the last Delta
	// Logprobs are of the tokens whose text is in this delta, and of those that add none of
	// their own or whose text a stop string took. Over all deltas each is told once.
	Logprobs []TokenLogprobs
}

// ErrNoTokenizer is what text gives on a pack that has only token ids.
var ErrNoTokenizer = errors.New("the pack has no tokenizer: pack the model again with its tokenizer.model")

// Chat answers a conversation. It calls emit for each piece of text as it comes. When
// ctx ends, the Result is that of the part so far with FinishCancelled and no error.
func (e *Engine) Chat(ctx context.Context, msgs []chat.Message, req Request, emit func(Delta)) (Result, error) {
	if e.Tokenizer == nil {
		return Result{}, ErrNoTokenizer
	}
	dropped := 0
	if req.Drop {
		kept, n, err := chat.Fit(e.Tokenizer, msgs, e.Context()-e.answerRoom(req))
		if errors.Is(err, chat.ErrTooLong) {
			return Result{}, fmt.Errorf("%w: %w", ErrContextFull, err)
		} else if err != nil {
			return Result{}, err
		}
		msgs, dropped = kept, n
	}
	var prompt, begun []int32
	var err error
	if req.Continue {
		prompt, begun, err = chat.EncodeOpen(e.Tokenizer, msgs)
	} else {
		prompt, err = chat.Encode(e.Tokenizer, msgs)
	}
	if err != nil {
		return Result{}, err
	}
	res, err := e.Answer(ctx, prompt, begun, req, emit)
	res.DroppedMessages = dropped
	return res, err
}

// answerRoom is the part of the context kept free for an answer when turns are dropped
// for it.
func (e *Engine) answerRoom(req Request) int {
	room := e.Context() / 4
	if req.MaxTokens > 0 {
		room = min(room, req.MaxTokens)
	}
	return room
}

// Complete continues a text, without the template.
func (e *Engine) Complete(ctx context.Context, text string, req Request, emit func(Delta)) (Result, error) {
	if e.Tokenizer == nil {
		return Result{}, ErrNoTokenizer
	}
	prompt := e.Tokenizer.AppendEncode([]int32{e.Tokenizer.BOS()}, text)
	return e.Answer(ctx, prompt, nil, req, emit)
}

// Answer generates from token ids until an end token, a stop string or a limit. begun are
// the first tokens of the answer, which the prompt does not hold; none of a new one.
func (e *Engine) Answer(ctx context.Context, prompt, begun []int32, req Request, emit func(Delta)) (res Result, err error) {
	defer recovered(&err)
	if e.Tokenizer == nil {
		return Result{}, ErrNoTokenizer
	}
	if req.MaxTokens < 0 {
		return Result{}, fmt.Errorf("max_tokens is %d; it must be at least 1, or 0 for no limit", req.MaxTokens)
	}
	if req.TopLogprobs < 0 || req.TopLogprobs > MaxTopLogprobs {
		return Result{}, fmt.Errorf("top_logprobs is %d; it must be between 0 and %d", req.TopLogprobs, MaxTopLogprobs)
	}
	res = Result{Finish: FinishLength, PromptTokens: len(prompt) + len(begun), CachedTokens: e.Reused(slices.Concat(prompt, begun))}
	text := answerText{stream: e.Tokenizer.NewStream(), stops: stopStrings(req.Stop)}
	for _, id := range begun {
		text.stream.Push(id) // is shown already
	}
	if finish := e.goOn(&text, req); finish != "" {
		res.Finish, res.CompletionTokens = finish, len(req.Begun)
		return res, nil
	}
	res.CompletionTokens = len(req.Begun)
	shown := slices.Concat(begun, req.Begun)
	format, err := e.format(&req, shown)
	if err != nil {
		return res, err
	}
	if format.complete() {
		res.Finish = FinishStop
		return res, nil
	}
	drafts := Drafts{Length: req.Speculate}
	defer func() {
		res.DraftedTokens, res.AcceptedTokens, res.SpeculationOff = drafts.Drafted, drafts.Accepted, drafts.Off
	}()
	start := time.Now()
	var first time.Time
	var fresh []int32
	var untold []TokenLogprobs
	say := func(piece string) {
		emit(Delta{Text: piece, Tokens: res.CompletionTokens, IDs: fresh, Logprobs: untold})
		fresh, untold = nil, nil
	}
	watch := mixtral.Watch{Logits: req.Logprobs, Routing: req.Routing}
	for token, err := range e.Tokens(ctx, Generation{prompt, shown, req.Sampling, &drafts, watch}) {
		if ctx.Err() != nil {
			res.Finish = FinishCancelled
			break
		}
		if err != nil {
			return res, err
		}
		if first.IsZero() {
			first = time.Now()
			res.Prefill = first.Sub(start)
		}
		res.CompletionTokens++
		res.Decode = time.Since(first)
		if e.isEnd(token.ID) {
			res.Finish = FinishStop
			break
		}
		fresh = append(fresh, token.ID)
		if req.Logprobs {
			untold = append(untold, e.logprobs(text.stream, token, req.TopLogprobs))
		}
		piece, stopped := text.push(token.ID)
		if piece != "" || stopped && len(untold) > 0 {
			say(piece)
		}
		if stopped {
			res.Finish = FinishStop
			return res, nil
		}
		if err := format.take(token.ID); err != nil {
			return res, err
		}
		if format.complete() {
			res.Finish = FinishStop
			break
		}
		if res.CompletionTokens == req.MaxTokens {
			break
		}
	}
	if rest := text.flush(); rest != "" || len(untold) > 0 {
		say(rest)
	}
	return res, nil
}

// goOn brings the text to behind the tokens of another engine. If the answer had its end with
// them, and only word of that was lost, it says which.
func (e *Engine) goOn(text *answerText, req Request) Finish {
	for _, id := range req.Begun {
		if _, stopped := text.push(id); stopped {
			return FinishStop
		}
	}
	if n := len(req.Begun); n > 0 && n == req.MaxTokens {
		return FinishLength
	}
	return ""
}

// answerText turns tokens into text and holds back what may become a stop string.
type answerText struct {
	stream *tokenizer.Stream
	stops  stopStrings
	held   string // may be the beginning of a stop string
}

// push returns the text that is certain after a token, and whether a stop string ended
// the answer.
func (a *answerText) push(id int32) (text string, stopped bool) {
	text = a.held + a.stream.Push(id)
	a.held = ""
	if at := a.stops.find(text); at >= 0 {
		return text[:at], true
	}
	keep := a.stops.beginning(text)
	text, a.held = text[:len(text)-keep], text[len(text)-keep:]
	return text, false
}

// flush returns what was held back when the answer ends for another reason.
func (a *answerText) flush() string {
	text := a.held + a.stream.Flush()
	if at := a.stops.find(text); at >= 0 {
		return text[:at]
	}
	return text
}
