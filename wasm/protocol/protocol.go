// Package protocol is the Go side of the messages between the page and the engine's
// worker. web/lib/src/protocol.ts is the other side, under the same names; a test
// holds the two together.
//
// A message is one JSON object with a "type" and, for all that belongs to a request,
// the request's "id". Every request is answered by any number of events and then by
// exactly one Opened, Done, Result, Report, Cached or Failed with its id.
package protocol

import (
	"encoding/json"
	"fmt"
)

// A Request travels from the page to the worker. Its type field says which of the
// others it is.
type Request interface{ request() }

// Open loads a pack. It comes first, and once.
type Open struct {
	Type    string `json:"type"` // "open"
	ID      int    `json:"id"`
	Pack    string `json:"pack"`    // absolute URL of the folder with manifest.json, or "local:…", ending in /
	Context int    `json:"context"` // wanted context length in tokens; 0: what 1 GiB of KV cache holds, at most the model's own
	// Bytes of experts that the GPU may hold; 0: the host decides.
	ExpertBudget int64 `json:"expertBudget"`
	// The least exact that kernels may compute in where that is faster: "f32", "f16" or "int8".
	Arithmetic string `json:"arithmetic"`
}

// Chat asks for the next assistant message of a conversation.
type Chat struct {
	Type     string    `json:"type"` // "chat"
	ID       int       `json:"id"`
	Messages []Message `json:"messages"`
	Sampling Sampling  `json:"sampling"`
	Overflow Overflow  `json:"overflow"`
	Continue bool      `json:"continue"` // the last message, an assistant's, goes on
	Routing  bool      `json:"routing"`  // Routing events tell the experts of each token
	// Begun are the first tokens of the answer, where another engine had begun it with the same
	// request; it goes on behind them as that one would have. Empty: a new answer.
	Begun []int32 `json:"begun"`
}

// Complete asks for a plain continuation of a text, without the template.
type Complete struct {
	Type     string   `json:"type"` // "complete"
	ID       int      `json:"id"`
	Prompt   string   `json:"prompt"`
	Sampling Sampling `json:"sampling"`
	Routing  bool     `json:"routing"` // as in Chat
	Begun    []int32  `json:"begun"`   // as in Chat
}

// Cancel ends the request with the given id, which then answers with Done and
// finish reason "cancelled". An id that is not running is ignored.
type Cancel struct {
	Type string `json:"type"` // "cancel"
	ID   int    `json:"id"`
}

// Tokenize asks for the ids of a text.
type Tokenize struct {
	Type string `json:"type"` // "tokenize"
	ID   int    `json:"id"`
	Text string `json:"text"`
}

// Detokenize asks for the text of ids.
type Detokenize struct {
	Type   string  `json:"type"` // "detokenize"
	ID     int     `json:"id"`
	Tokens []int32 `json:"tokens"`
}

// Stats asks for the engine's counters.
type Stats struct {
	Type string `json:"type"` // "stats"
	ID   int    `json:"id"`
}

// SetExpertBudget changes the bytes of experts that the GPU may hold; 0: the host
// decides. In a running answer it takes its turn between two tokens.
type SetExpertBudget struct {
	Type  string `json:"type"` // "setExpertBudget"
	ID    int    `json:"id"`
	Bytes int64  `json:"bytes"`
}

// Preflight asks what a pack needs, what there is, and how fast it will be. It needs no
// open pack. Beside one, it takes its turn, and finds what that leaves of the GPU.
type Preflight struct {
	Type         string `json:"type"` // "preflight"
	ID           int    `json:"id"`
	Pack         string `json:"pack"`         // as in Open
	ExpertBudget int64  `json:"expertBudget"` // as in Open
}

// Cache keeps what the KV cache holds of a conversation in the browser's storage, under a key,
// or brings it back, so that the conversation goes on without running again. It takes its
// turn between two answers.
type Cache struct {
	Type       string      `json:"type"` // "cache"
	ID         int         `json:"id"`
	Action     CacheAction `json:"action"`
	Key        string      `json:"key"`
	Messages   []Message   `json:"messages"`   // of the conversation, its last answer too. Only of "save"
	LimitBytes int64       `json:"limitBytes"` // of all that is kept; those used longest ago make room. Only of "save"
}

// CacheAction is what a Cache does.
type CacheAction string

const (
	CacheSave    CacheAction = "save"
	CacheRestore CacheAction = "restore"
	CacheDrop    CacheAction = "drop"
)

// Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role"` // "system", "user" or "assistant"
	Content string `json:"content"`
}

// Overflow says what happens to a conversation longer than the context.
type Overflow string

const (
	OverflowError Overflow = "error" // refuse, with code "context_full"
	OverflowDrop  Overflow = "drop"  // leave the oldest turns out and say how many
)

// Sampling holds OpenAI's parameters. A null field means the pack's default.
type Sampling struct {
	Temperature       *float64          `json:"temperature"`
	TopP              *float64          `json:"top_p"`
	TopK              *int              `json:"top_k"`
	MinP              *float64          `json:"min_p"`
	Seed              *int64            `json:"seed"` // null: a random one
	MaxTokens         *int              `json:"max_tokens"`
	Stop              []string          `json:"stop"`
	FrequencyPenalty  *float64          `json:"frequency_penalty"`
	PresencePenalty   *float64          `json:"presence_penalty"`
	RepetitionPenalty *float64          `json:"repetition_penalty"`       // of the answer's tokens
	LogitBias         map[int32]float32 `json:"logit_bias"`               // by token
	PromptLookup      *int              `json:"prompt_lookup_num_tokens"` // to draft at a time; null: 0
	TopLogprobs       *int              `json:"top_logprobs"`             // alternatives of each token with their probabilities, 0 to 20; null: no probabilities
	Format            *Format           `json:"format"`                   // null: any text
}

// Format is what the answer has to be.
type Format struct {
	Type   FormatType `json:"type"`
	Schema string     `json:"schema"` // of FormatSchema: a JSON Schema, as text
}

// FormatType says what kind of document an answer is.
type FormatType string

const (
	FormatObject FormatType = "json_object" // any JSON object
	FormatSchema FormatType = "json_schema" // what the schema describes
)

// An Event travels from the worker to the page.
type Event interface{ event() }

// Ready is the first message of the worker: Go runs and listens.
type Ready struct {
	Type    string `json:"type"` // "ready"
	Version string `json:"version"`
}

// Progress tells how far an Open is.
type Progress struct {
	Type        string `json:"type"` // "progress"
	ID          int    `json:"id"`
	Phase       Phase  `json:"phase"`
	LoadedBytes int64  `json:"loadedBytes"`
	TotalBytes  int64  `json:"totalBytes"`
}

// Phase is a part of opening a pack.
type Phase string

const (
	PhaseDevice  Phase = "device"  // asking for the GPU
	PhaseWeights Phase = "weights" // moving weights to the GPU
	PhaseKernels Phase = "kernels" // compiling kernels
)

// Download tells how far the pack is on its way into the browser's store. It belongs to
// no request: it comes while one is opened and afterwards, and last with phase "done" or
// "failed". Chatting can begin before.
type Download struct {
	Type           string        `json:"type"` // "download"
	Phase          DownloadPhase `json:"phase"`
	DoneBytes      int64         `json:"doneBytes"`
	TotalBytes     int64         `json:"totalBytes"`
	BytesPerSecond float64       `json:"bytesPerSecond"`
	SecondsLeft    *float64      `json:"secondsLeft"` // null while nobody can tell
	// What the next token is expected to take with what is there; null while nobody can tell.
	SecondsPerToken *float64 `json:"secondsPerToken"`
	WaitingTokens   float64  `json:"waitingTokens"` // share of tokens that wait for the network
	Failure         *Failure `json:"failure"`       // of phase "failed"
}

// DownloadPhase is what a download does.
type DownloadPhase string

const (
	DownloadWaiting   DownloadPhase = "waiting" // for the network, or for another tab
	DownloadRuns      DownloadPhase = "downloading"
	DownloadVerifying DownloadPhase = "verifying"
	DownloadPaused    DownloadPhase = "paused"
	DownloadDone      DownloadPhase = "done"
	DownloadFailed    DownloadPhase = "failed" // the engine goes on, and fetches what a token wants
)

// Failure is why something that belongs to no request did not succeed.
type Failure struct {
	Code    Code   `json:"code"`
	Message string `json:"message"` // one line: what happened, where, what to do
}

// Restoring tells, outside requests, that the GPU was lost and that the pack is on its way
// to it again. The answer under way then goes on.
type Restoring struct {
	Type        string `json:"type"` // "restoring"
	LoadedBytes int64  `json:"loadedBytes"`
	TotalBytes  int64  `json:"totalBytes"`
	Done        bool   `json:"done"` // with or without success
}

// Opened answers an Open.
type Opened struct {
	Type        string  `json:"type"` // "opened"
	ID          int     `json:"id"`
	Model       string  `json:"model"`  // the pack's name
	Format      string  `json:"format"` // "q4", …
	PackBytes   int64   `json:"packBytes"`
	Parameters  int64   `json:"parameters"` // in all
	Context     int     `json:"context"`    // tokens
	Temperature float64 `json:"temperature"`
	Adapter     string  `json:"adapter"`
	AdapterKind string  `json:"adapterKind"` // "cpu", "integrated", "discrete" or "unknown"

	Layers          int `json:"layers"`
	Experts         int `json:"experts"` // of a layer
	ExpertsPerToken int `json:"expertsPerToken"`
}

// Delta is a piece of an answer: whole characters only.
type Delta struct {
	Type   string  `json:"type"` // "delta"
	ID     int     `json:"id"`
	Text   string  `json:"text"`
	Tokens int     `json:"tokens"` // generated so far
	IDs    []int32 `json:"ids"`    // those that came since the last Delta
	// Of the tokens since the Delta before, the end token left out; null: nobody asked.
	Logprobs []TokenLogprobs `json:"logprobs"`
}

// TokenLogprobs are a token of an answer with what else could have stood there.
type TokenLogprobs struct {
	TokenLogprob
	Top []TokenLogprob `json:"top"` // the likeliest, from the likeliest down
}

// TokenLogprob is a token with the natural logarithm of the probability that the model gave
// it, before bias, penalties and temperature.
type TokenLogprob struct {
	Token   int32   `json:"token"`
	Text    string  `json:"text"`  // of a part of a character its bytes, as \xe2; of a control token its name
	Bytes   []int   `json:"bytes"` // what it adds to the answer; empty of a control token
	Logprob float64 `json:"logprob"`
}

// Routing tells which experts gave a generated token, the end token too, layer by layer. It
// comes soon after the token, in the tokens' order, and before Done.
type Routing struct {
	Type    string    `json:"type"` // "routing"
	ID      int       `json:"id"`
	Index   int       `json:"index"`   // of the token, from 0
	Experts []int     `json:"experts"` // expertsPerToken of each layer, the heaviest first
	Weights []float32 `json:"weights"` // of them; those of a layer add up to 1
	Loads   []int     `json:"loads"`   // places in experts of those that had to be loaded; none are told of the first token
}

// Done ends a Chat or Complete.
type Done struct {
	Type             string       `json:"type"` // "done"
	ID               int          `json:"id"`
	FinishReason     FinishReason `json:"finishReason"`
	PromptTokens     int          `json:"promptTokens"`
	CachedTokens     int          `json:"cachedTokens"` // of the prompt, found in the KV cache
	CompletionTokens int          `json:"completionTokens"`
	DroppedMessages  int          `json:"droppedMessages"` // left out under OverflowDrop
	DraftedTokens    int          `json:"draftedTokens"`   // by prompt lookup
	AcceptedTokens   int          `json:"acceptedTokens"`  // of them
	SpeculationOff   string       `json:"speculationOff"`  // why nothing was drafted though it was asked for; else empty
	PrefillMs        float64      `json:"prefillMs"`       // until the first token
	DecodeMs         float64      `json:"decodeMs"`        // from the first token to the last
	Seed             int64        `json:"seed"`
}

// FinishReason says why an answer ended.
type FinishReason string

const (
	FinishStop      FinishReason = "stop"      // end of sequence, or a stop string
	FinishLength    FinishReason = "length"    // max_tokens, or the context is full
	FinishCancelled FinishReason = "cancelled" // a Cancel came
)

// Result answers Tokenize (Tokens), Detokenize (Text), Stats and SetExpertBudget (Stats).
type Result struct {
	Type   string       `json:"type"` // "result"
	ID     int          `json:"id"`
	Tokens []int32      `json:"tokens"`
	Text   string       `json:"text"`
	Stats  *EngineStats `json:"stats"`
}

// EngineStats are running totals since the worker started.
type EngineStats struct {
	Dispatches  uint64 `json:"dispatches"`
	Submits     uint64 `json:"submits"`
	HostCalls   uint64 `json:"hostCalls"` // Go↔JS crossings
	GPUBytes    uint64 `json:"gpuBytes"`
	GoHeapBytes uint64 `json:"goHeapBytes"` // WebAssembly linear memory

	Experts ExpertStats `json:"experts"`
}

// ExpertStats tell what the expert budget is and what it costs.
type ExpertStats struct {
	BudgetBytes int64   `json:"budgetBytes"` // what the experts take on the GPU
	TotalBytes  int64   `json:"totalBytes"`  // what all of them would
	Slots       int     `json:"slots"`       // experts that fit, over all layers
	Resident    bool    `json:"resident"`    // all of them
	SharedPool  bool    `json:"sharedPool"`  // one pool of slots serves all layers
	Uses        uint64  `json:"uses"`        // experts that tokens have asked for
	Loads       uint64  `json:"loads"`       // experts that had to be loaded for that
	HitRate     float64 `json:"hitRate"`     // 1 - loads/uses; 1 before the first token
	LoadedBytes uint64  `json:"loadedBytes"` // moved to the GPU by these loads
	WaitMs      float64 `json:"waitMs"`      // that tokens waited for them
}

// Cached answers a Cache.
type Cached struct {
	Type   string `json:"type"` // "cached"
	ID     int    `json:"id"`
	Tokens int    `json:"tokens"` // saved, or restored; 0: there was nothing of use, or no room
}

// Report answers a Preflight. Of a budget that is too small, nothing is measured: what
// would be is 0.
type Report struct {
	Type    string `json:"type"` // "report"
	ID      int    `json:"id"`
	Adapter string `json:"adapter"`

	// What the pack needs.
	StoreBytes    int64 `json:"storeBytes"`    // in the store
	ResidentBytes int64 `json:"residentBytes"` // on the GPU, weights that every token needs
	CacheBytes    int64 `json:"cacheBytes"`    // on the GPU, keys and values of the longest conversation
	ExpertBytes   int64 `json:"expertBytes"`   // on the GPU, what the budget buys

	// What of it is in the browser's store, and what the browser says of its room.
	StoredBytes int64 `json:"storedBytes"` // before anything was loaded for this report
	NeededBytes int64 `json:"neededBytes"` // to be downloaded still
	Quota       int64 `json:"quota"`       // bytes; like usage an estimate, which may be far off
	Usage       int64 `json:"usage"`       // bytes, by this site
	Persisted   bool  `json:"persisted"`   // the browser does not delete it by itself

	// What there is. GB/s of the copy are bytes read plus written.
	GrantedBytes         int64   `json:"grantedBytes"` // of ExpertBytes, what the GPU gave when it was asked
	CopyGBPerS           float64 `json:"copyGbPerS"`
	LoadGBPerS           float64 `json:"loadGbPerS"`           // of an expert, store to GPU
	FirstLoadGBPerS      float64 `json:"firstLoadGbPerS"`      // of one that nobody has read before
	FirstLoadFromNetwork bool    `json:"firstLoadFromNetwork"` // the store did not have it

	// How it would run.
	Regime              Regime `json:"regime"`
	Slots               int    `json:"slots"` // experts that fit, over all layers
	SmallestBudgetBytes int64  `json:"smallestBudgetBytes"`

	// How fast, once the pack is stored.
	ComputeSecondsPerToken float64 `json:"computeSecondsPerToken"`
	WaitSecondsPerToken    float64 `json:"waitSecondsPerToken"` // for experts
	HitRate                float64 `json:"hitRate"`             // to be expected of the experts
	TokensPerSecond        float64 `json:"tokensPerSecond"`
}

// Regime is how the experts lie on the GPU.
type Regime string

const (
	RegimeResident Regime = "resident"  // all of them, always
	RegimeSlots    Regime = "slots"     // each layer has some slots
	RegimePool     Regime = "pool"      // all layers share some slots
	RegimeTooSmall Regime = "too small" // for the model to run
)

// Failed ends a request that did not succeed, or, with id 0, tells of trouble that
// belongs to none.
type Failed struct {
	Type    string `json:"type"` // "failed"
	ID      int    `json:"id"`
	Code    Code   `json:"code"`
	Message string `json:"message"` // one line: what happened, where, what to do
}

// Code tells the page which remedy to show.
type Code string

const (
	CodeNoWebGPU    Code = "no_webgpu"
	CodeDeviceLost  Code = "device_lost"
	CodeOutOfMemory Code = "out_of_memory"
	CodeBadPack     Code = "bad_pack" // a manifest or shard is wrong or corrupt
	CodeNetwork     Code = "network"
	CodeStorage     Code = "storage" // the browser gives the pack no room, or no more
	CodeFolder      Code = "folder"  // of the user's own, which the pack lies in: gone, or the browser must ask first
	CodeContextFull Code = "context_full"
	CodeBadRequest  Code = "bad_request"
	CodeInternal    Code = "internal" // a Go panic or another bug
)

func (Open) request()            {}
func (Chat) request()            {}
func (Complete) request()        {}
func (Cancel) request()          {}
func (Tokenize) request()        {}
func (Detokenize) request()      {}
func (Stats) request()           {}
func (SetExpertBudget) request() {}
func (Preflight) request()       {}
func (Cache) request()           {}

func (Ready) event()     {}
func (Progress) event()  {}
func (Download) event()  {}
func (Restoring) event() {}
func (Opened) event()    {}
func (Delta) event()     {}
func (Routing) event()   {}
func (Done) event()      {}
func (Result) event()    {}
func (Cached) event()    {}
func (Report) event()    {}
func (Failed) event()    {}

// ParseRequest reads one message of the page.
func ParseRequest(text []byte) (Request, error) {
	var head struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("protocol: %w", err)
	}
	switch head.Type {
	case "open":
		return parse[Open](text)
	case "chat":
		return parse[Chat](text)
	case "complete":
		return parse[Complete](text)
	case "cancel":
		return parse[Cancel](text)
	case "tokenize":
		return parse[Tokenize](text)
	case "detokenize":
		return parse[Detokenize](text)
	case "stats":
		return parse[Stats](text)
	case "setExpertBudget":
		return parse[SetExpertBudget](text)
	case "preflight":
		return parse[Preflight](text)
	case "cache":
		return parse[Cache](text)
	}
	return nil, fmt.Errorf("protocol: unknown request type %q", head.Type)
}

func parse[R Request](text []byte) (Request, error) {
	var r R
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("protocol: %w", err)
	}
	return r, nil
}
