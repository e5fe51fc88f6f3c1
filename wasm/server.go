//go:build js && wasm

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"mixtab/engine"
	"mixtab/engine/grammar"
	"mixtab/wasm/protocol"
	"mixtab/wasm/source"
	"mixtab/wasm/webgpu"
)

// A server answers the page's requests one after the other. Only Cancel, Stats and
// SetExpertBudget overtake.
//
// Go on js/wasm runs one goroutine at a time, but the collector may switch at any call of
// a function: what several goroutines change has a lock.
type server struct {
	emit    func(protocol.Event)
	waiting chan struct{} // holds one token while the queue may have something

	mu      sync.Mutex // of what follows
	queue   []job
	cancels map[int]context.CancelFunc

	// What only serve's goroutine changes.
	dev       *webgpu.Device
	engine    *engine.Engine
	restoring bool // the device was lost, and no token has come since
	format    protocol.Format
	grammarOf *grammar.Grammar // of format; nil: no request had one

	pack        *source.Pack  // that is open
	expertBytes int64         // of the open pack
	fastest     time.Duration // of a token, over all answers
}

// A job is a request with the context that Cancel ends, or a lost device.
type job struct {
	ctx     context.Context
	id      int
	request protocol.Request
	loss    *loss
}

func newServer(emit func(protocol.Event)) *server {
	return &server{emit: emit, waiting: make(chan struct{}, 1), cancels: map[int]context.CancelFunc{}}
}

// receive takes a message from the page. It runs inside JavaScript's call and does not
// block.
func (s *server) receive(text []byte) {
	request, err := protocol.ParseRequest(text)
	if err != nil {
		s.emit(protocol.Failed{Type: "failed", Code: protocol.CodeBadRequest, Message: err.Error()})
		return
	}
	if c, ok := request.(protocol.Cancel); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		if cancel := s.cancels[c.ID]; cancel != nil {
			cancel()
		}
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	id := idOf(request)
	s.mu.Lock()
	s.cancels[id] = cancel
	s.mu.Unlock()
	j := job{ctx: ctx, id: id, request: request}
	switch request.(type) {
	case protocol.Stats:
		s.run(j) // waits for nothing
	case protocol.SetExpertBudget:
		go s.run(j) // takes its turn between two tokens
	default:
		s.enqueue(j)
	}
}

func (s *server) enqueue(j job) {
	s.mu.Lock()
	s.queue = append(s.queue, j)
	s.mu.Unlock()
	select {
	case s.waiting <- struct{}{}:
	default:
	}
}

func (s *server) dequeue() (next job, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return job{}, false
	}
	next = s.queue[0]
	s.queue = s.queue[1:]
	return next, true
}

// forget ends the context of a request that is answered.
func (s *server) forget(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancels[id]()
	delete(s.cancels, id)
}

func idOf(request protocol.Request) int {
	switch r := request.(type) {
	case protocol.Open:
		return r.ID
	case protocol.Chat:
		return r.ID
	case protocol.Complete:
		return r.ID
	case protocol.Tokenize:
		return r.ID
	case protocol.Detokenize:
		return r.ID
	case protocol.Stats:
		return r.ID
	case protocol.SetExpertBudget:
		return r.ID
	case protocol.Preflight:
		return r.ID
	case protocol.Cache:
		return r.ID
	}
	return 0
}

// serve runs for ever.
func (s *server) serve() {
	for range s.waiting {
		for {
			next, ok := s.dequeue()
			if !ok {
				break
			}
			if next.loss != nil {
				s.restore(next)
			} else {
				s.run(next)
			}
		}
	}
}

// run answers one request with exactly one final event. A panic, always a bug of ours,
// reaches the page as an error.
func (s *server) run(j job) {
	defer func() {
		s.forget(j.id)
		if p := recover(); p != nil {
			s.emit(protocol.Failed{Type: "failed", ID: j.id, Code: protocol.CodeInternal, Message: fmt.Sprintf("internal error: %v", p)})
		}
	}()
	last, err := s.answer(j)
	switch j.request.(type) {
	case protocol.Stats, protocol.SetExpertBudget: // beside whatever runs
	default:
		s.restored()
	}
	if err != nil {
		last = protocol.Failed{Type: "failed", ID: j.id, Code: codeOf(err), Message: err.Error()}
	}
	s.emit(last)
}

func (s *server) answer(j job) (protocol.Event, error) {
	if r, ok := j.request.(protocol.Preflight); ok {
		return s.preflight(j.ctx, r)
	}
	open, isOpen := j.request.(protocol.Open)
	switch {
	case isOpen && s.engine != nil:
		return nil, badRequest("a pack is open already")
	case isOpen:
		return s.open(j.ctx, open)
	case s.engine == nil:
		return nil, badRequest("no pack is open")
	}
	switch r := j.request.(type) {
	case protocol.Chat:
		return s.chat(j.ctx, r)
	case protocol.Complete:
		return s.complete(j.ctx, r)
	case protocol.Tokenize:
		return s.tokenize(r)
	case protocol.Detokenize:
		return s.detokenize(r)
	case protocol.Stats:
		return s.stats(r.ID)
	case protocol.SetExpertBudget:
		return s.setExpertBudget(j.ctx, r)
	case protocol.Cache:
		return s.cache(j.ctx, r)
	}
	return nil, badRequest("request %T is not known", j.request)
}
