//go:build js && wasm

package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"mixtab/engine"
	"mixtab/engine/chat"
	"mixtab/engine/mixtral"
	"mixtab/engine/sample"
	"mixtab/wasm/protocol"
)

func (s *server) chat(ctx context.Context, r protocol.Chat) (protocol.Event, error) {
	req, seed, err := s.request(r.Sampling)
	if err != nil {
		return nil, err
	}
	switch r.Overflow {
	case protocol.OverflowDrop:
		req.Drop = true
	case protocol.OverflowError:
	default:
		return nil, badRequest("overflow is %q; \"error\" and \"drop\" are known", r.Overflow)
	}
	req.Continue, req.Begun = r.Continue, r.Begun
	if r.Routing {
		req.Routing = s.routing(r.ID, len(r.Begun))
	}
	res, err := s.engine.Chat(ctx, messages(r.Messages), req, s.delta(r.ID))
	return s.done(r.ID, seed, res), invalid(err)
}

func messages(told []protocol.Message) []chat.Message {
	msgs := make([]chat.Message, len(told))
	for i, m := range told {
		msgs[i] = chat.Message{Role: chat.Role(m.Role), Content: m.Content}
	}
	return msgs
}

func (s *server) complete(ctx context.Context, r protocol.Complete) (protocol.Event, error) {
	req, seed, err := s.request(r.Sampling)
	if err != nil {
		return nil, err
	}
	req.Begun = r.Begun
	if r.Routing {
		req.Routing = s.routing(r.ID, len(r.Begun))
	}
	res, err := s.engine.Complete(ctx, r.Prompt, req, s.delta(r.ID))
	return s.done(r.ID, seed, res), invalid(err)
}

// invalid marks what a wrong conversation gives as the request's fault.
func invalid(err error) error {
	if errors.Is(err, chat.ErrEmpty) || errors.Is(err, chat.ErrRole) || errors.Is(err, chat.ErrNoAnswer) {
		return badRequest("%v", err)
	}
	return err
}

// request fills the page's wishes up with the pack's defaults.
func (s *server) request(p protocol.Sampling) (engine.Request, int64, error) {
	g := s.engine.Manifest.Generation
	seed := or(p.Seed, rand.Int64N(1<<53)) // a number that JavaScript can hold
	req := engine.Request{
		Sampling: sample.Config{
			Temperature: or(p.Temperature, g.Temperature), TopP: or(p.TopP, g.TopP), TopK: or(p.TopK, g.TopK), MinP: or(p.MinP, 0),
			FrequencyPenalty: or(p.FrequencyPenalty, 0), PresencePenalty: or(p.PresencePenalty, 0), Seed: uint64(seed),
			RepetitionPenalty: or(p.RepetitionPenalty, 0), LogitBias: p.LogitBias,
		},
		MaxTokens: or(p.MaxTokens, 0),
		Stop:      p.Stop,
		Speculate: or(p.PromptLookup, 0),
		Logprobs:  p.TopLogprobs != nil, TopLogprobs: or(p.TopLogprobs, 0),
	}
	if err := req.Sampling.Validate(s.engine.Manifest.Config.VocabSize); err != nil {
		return req, seed, badRequest("%v", err)
	}
	if req.Speculate < 0 || req.Speculate > mixtral.MaxDraft {
		return req, seed, badRequest("prompt_lookup_num_tokens is %d; it must be between 0 and %d", req.Speculate, mixtral.MaxDraft)
	}
	if req.TopLogprobs < 0 || req.TopLogprobs > engine.MaxTopLogprobs {
		return req, seed, badRequest("top_logprobs is %d; it must be between 0 and %d", req.TopLogprobs, engine.MaxTopLogprobs)
	}
	if p.MaxTokens != nil && *p.MaxTokens < 1 {
		return req, seed, badRequest("max_tokens is %d; it must be at least 1", *p.MaxTokens)
	}
	grammar, err := s.grammar(p.Format)
	req.Grammar = grammar
	return req, seed, err
}

// or is what p points to, or else the default.
func or[T any](p *T, otherwise T) T {
	if p != nil {
		return *p
	}
	return otherwise
}

func (s *server) delta(id int) func(engine.Delta) {
	return func(d engine.Delta) {
		s.restored()
		s.emit(protocol.Delta{Type: "delta", ID: id, Text: d.Text, Tokens: d.Tokens, IDs: append([]int32{}, d.IDs...), Logprobs: logprobs(d.Logprobs)})
	}
}

func logprobs(tokens []engine.TokenLogprobs) (told []protocol.TokenLogprobs) {
	for _, t := range tokens {
		top := make([]protocol.TokenLogprob, len(t.Top))
		for i, l := range t.Top {
			top[i] = logprob(l)
		}
		told = append(told, protocol.TokenLogprobs{TokenLogprob: logprob(t.TokenLogprob), Top: top})
	}
	return told
}

func logprob(l engine.TokenLogprob) protocol.TokenLogprob {
	bytes := make([]int, len(l.Bytes)) // JSON would have them in base64
	for i, b := range l.Bytes {
		bytes[i] = int(b)
	}
	return protocol.TokenLogprob{Token: l.ID, Text: l.Text, Bytes: bytes, Logprob: l.Logprob}
}

// routing tells of the tokens behind the first so many of an answer.
func (s *server) routing(id, begun int) func(mixtral.Routing) {
	return func(r mixtral.Routing) {
		s.emit(protocol.Routing{Type: "routing", ID: id, Index: begun + r.Number, Experts: r.Experts, Weights: r.Weights, Loads: append([]int{}, r.Loads...)})
	}
}

func (s *server) done(id int, seed int64, res engine.Result) protocol.Event {
	if steps := res.CompletionTokens - 1; steps > 0 {
		if d := res.Decode / time.Duration(steps); s.fastest == 0 || d < s.fastest {
			s.fastest = d
		}
	}
	return protocol.Done{
		Type: "done", ID: id, FinishReason: protocol.FinishReason(res.Finish),
		PromptTokens: res.PromptTokens, CachedTokens: res.CachedTokens, CompletionTokens: res.CompletionTokens,
		DroppedMessages: res.DroppedMessages, DraftedTokens: res.DraftedTokens, AcceptedTokens: res.AcceptedTokens, SpeculationOff: res.SpeculationOff,
		PrefillMs: milliseconds(res.Prefill), DecodeMs: milliseconds(res.Decode), Seed: seed,
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (s *server) tokenize(r protocol.Tokenize) (protocol.Event, error) {
	if s.engine.Tokenizer == nil {
		return nil, engine.ErrNoTokenizer
	}
	tokens := s.engine.Tokenizer.AppendEncode([]int32{}, r.Text)
	return protocol.Result{Type: "result", ID: r.ID, Tokens: tokens}, nil
}

func (s *server) detokenize(r protocol.Detokenize) (protocol.Event, error) {
	if s.engine.Tokenizer == nil {
		return nil, engine.ErrNoTokenizer
	}
	return protocol.Result{Type: "result", ID: r.ID, Tokens: []int32{}, Text: s.engine.Tokenizer.Decode(r.Tokens)}, nil
}
