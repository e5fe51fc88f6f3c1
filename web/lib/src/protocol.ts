// The page's side of the messages between the page and the engine's worker.
// wasm/protocol/protocol.go is the other side, under the same names; a test holds the
// two together.
//
// Every request is answered by any number of events and then by exactly one Opened,
// Done, Result, Report, Cached or Failed with its id.

/** Loads a pack. It comes first, and once. */
export interface Open {
  type: 'open';
  id: number;
  /** Absolute URL of the folder with manifest.json, ending in "/". */
  pack: string;
  /** Wanted context length in tokens; 0: what 1 GiB of KV cache holds, at most the model's own. */
  context: number;
  /** Bytes of experts that the GPU may hold; 0: the host decides. */
  expertBudget: number;
  /** The least exact that kernels may compute in where that is faster. */
  arithmetic: Arithmetic;
}

/** What products of weights are computed in: of the activations, 24, 11 or 8 bits count. */
export type Arithmetic = 'f32' | 'f16' | 'int8';

/** Asks for the next assistant message of a conversation. */
export interface Chat {
  type: 'chat';
  id: number;
  messages: Message[];
  sampling: Sampling;
  overflow: Overflow;
  /** The last message, an assistant's, goes on. */
  continue: boolean;
  /** Routing events tell the experts of each token. */
  routing: boolean;
  /**
   * The first tokens of the answer, where another engine had begun it with the same request; it
   * goes on behind them as that one would have. Empty: a new answer.
   */
  begun: number[];
}

/** Asks for a plain continuation of a text, without the template. */
export interface Complete {
  type: 'complete';
  id: number;
  prompt: string;
  sampling: Sampling;
  /** As in Chat. */
  routing: boolean;
  /** As in Chat. */
  begun: number[];
}

/** Ends the request with the given id, which then answers with Done and "cancelled". */
export interface Cancel {
  type: 'cancel';
  id: number;
}

/** Asks for the ids of a text. */
export interface Tokenize {
  type: 'tokenize';
  id: number;
  text: string;
}

/** Asks for the text of ids. */
export interface Detokenize {
  type: 'detokenize';
  id: number;
  tokens: number[];
}

/** Asks for the engine's counters. */
export interface Stats {
  type: 'stats';
  id: number;
}

/** Changes the bytes of experts that the GPU may hold, between two tokens; 0: the host decides. */
export interface SetExpertBudget {
  type: 'setExpertBudget';
  id: number;
  bytes: number;
}

/**
 * Asks what a pack needs, what there is, and how fast it will be. It needs no open pack. Beside
 * one, it takes its turn, and finds what that leaves of the GPU.
 */
export interface Preflight {
  type: 'preflight';
  id: number;
  /** As in Open. */
  pack: string;
  /** As in Open. */
  expertBudget: number;
}

/**
 * Keeps what the KV cache holds of a conversation in the browser's storage, under a key, or brings
 * it back, so that the conversation goes on without running again. It takes its turn between two
 * answers.
 */
export interface Cache {
  type: 'cache';
  id: number;
  action: 'save' | 'restore' | 'drop';
  key: string;
  /** Of the conversation, its last answer too. Only of "save". */
  messages: Message[];
  /** Of all that is kept; those used longest ago make room. Only of "save". */
  limitBytes: number;
}

/** What the page may send. */
export type EngineRequest =
  | Open
  | Chat
  | Complete
  | Cancel
  | Tokenize
  | Detokenize
  | Stats
  | SetExpertBudget
  | Preflight
  | Cache;

/** One turn of a conversation. */
export interface Message {
  role: Role;
  content: string;
}

export type Role = 'system' | 'user' | 'assistant';

/** What happens to a conversation longer than the context. */
export type Overflow = 'error' | 'drop';

/** OpenAI's parameters; null means the pack's default. */
export interface Sampling {
  temperature: number | null;
  top_p: number | null;
  top_k: number | null;
  min_p: number | null;
  /** null: a random one. */
  seed: number | null;
  max_tokens: number | null;
  stop: string[] | null;
  frequency_penalty: number | null;
  presence_penalty: number | null;
  /** Of the answer's tokens. */
  repetition_penalty: number | null;
  /** By token. */
  logit_bias: Record<string, number> | null;
  /** To draft at a time; null: none. */
  prompt_lookup_num_tokens: number | null;
  /** Alternatives of each token with their probabilities, 0 to 20; null: no probabilities. */
  top_logprobs: number | null;
  /** null: any text. */
  format: Format | null;
}

/** What the answer has to be: any JSON object, or what a JSON Schema, as text, describes. */
export interface Format {
  type: 'json_object' | 'json_schema';
  schema: string;
}

/** The first message of the worker: Go runs and listens. */
export interface Ready {
  type: 'ready';
  version: string;
}

/** How far an Open is. */
export interface Progress {
  type: 'progress';
  id: number;
  phase: Phase;
  loadedBytes: number;
  totalBytes: number;
}

/** Asking for the GPU; moving weights to it; compiling kernels. */
export type Phase = 'device' | 'weights' | 'kernels';

/**
 * How far the pack is on its way into the browser's store. It belongs to no request: it comes
 * while one is opened and afterwards, and last with phase "done" or "failed". Chatting can
 * begin before.
 */
export interface Download {
  type: 'download';
  phase: DownloadPhase;
  doneBytes: number;
  totalBytes: number;
  bytesPerSecond: number;
  /** null while nobody can tell. */
  secondsLeft: number | null;
  /** What the next token is expected to take with what is there; null while nobody can tell. */
  secondsPerToken: number | null;
  /** Share of tokens that wait for the network. */
  waitingTokens: number;
  /** Of phase "failed". */
  failure: Failure | null;
}

/** Waiting is for the network or another tab; after a failure the engine goes on, and fetches what a token wants. */
export type DownloadPhase = 'waiting' | 'downloading' | 'verifying' | 'paused' | 'done' | 'failed';

/** Why something that belongs to no request did not succeed. */
export interface Failure {
  code: Code;
  /** One line: what happened, where, what to do. */
  message: string;
}

/** The GPU was lost, and the pack is on its way to it again; belongs to no request. */
export interface Restoring {
  type: 'restoring';
  loadedBytes: number;
  totalBytes: number;
  /** With or without success. */
  done: boolean;
}

/** Answers an Open. */
export interface Opened {
  type: 'opened';
  id: number;
  /** The pack's name. */
  model: string;
  /** "q4", … */
  format: string;
  packBytes: number;
  /** In all. */
  parameters: number;
  /** Tokens. */
  context: number;
  temperature: number;
  adapter: string;
  adapterKind: AdapterKind;
  layers: number;
  /** Of a layer. */
  experts: number;
  expertsPerToken: number;
}

export type AdapterKind = 'cpu' | 'integrated' | 'discrete' | 'unknown';

/** A piece of an answer: whole characters only. */
export interface Delta {
  type: 'delta';
  id: number;
  text: string;
  /** Generated so far. */
  tokens: number;
  /** Those that came since the last Delta. */
  ids: number[];
  /** Of the tokens since the Delta before, the end token left out; null: nobody asked. */
  logprobs: TokenLogprobs[] | null;
}

/** A token of an answer with what else could have stood there. */
export interface TokenLogprobs extends TokenLogprob {
  /** The likeliest, from the likeliest down. */
  top: TokenLogprob[];
}

/**
 * A token with the natural logarithm of the probability that the model gave it, before bias,
 * penalties and temperature.
 */
export interface TokenLogprob {
  token: number;
  /** Of a part of a character its bytes, as "\\xe2"; of a control token its name. */
  text: string;
  /** What it adds to the answer; empty of a control token. */
  bytes: number[];
  logprob: number;
}

/**
 * Which experts gave a generated token, the end token too, layer by layer. It comes soon
 * after the token, in the tokens' order, and before Done.
 */
export interface Routing {
  type: 'routing';
  id: number;
  /** Of the token, from 0. */
  index: number;
  /** expertsPerToken of each layer, the heaviest first. */
  experts: number[];
  /** Of experts; those of a layer add up to 1. */
  weights: number[];
  /** Places in experts of those that had to be loaded; none are told of the first token. */
  loads: number[];
}

/** Ends a Chat or Complete. */
export interface Done {
  type: 'done';
  id: number;
  finishReason: FinishReason;
  promptTokens: number;
  /** Of the prompt, found in the KV cache. */
  cachedTokens: number;
  completionTokens: number;
  /** Left out under "drop". */
  droppedMessages: number;
  /** By prompt lookup. */
  draftedTokens: number;
  /** Of them. */
  acceptedTokens: number;
  /** Why nothing was drafted though it was asked for; else empty. */
  speculationOff: string;
  /** Until the first token. */
  prefillMs: number;
  /** From the first token to the last. */
  decodeMs: number;
  seed: number;
}

export type FinishReason = 'stop' | 'length' | 'cancelled';

/** Answers Tokenize (tokens), Detokenize (text), Stats and SetExpertBudget (stats). */
export interface Result {
  type: 'result';
  id: number;
  tokens: number[] | null;
  text: string;
  stats: EngineStats | null;
}

/** Running totals since the worker started. */
export interface EngineStats {
  dispatches: number;
  submits: number;
  /** Crossings between Go and JavaScript. */
  hostCalls: number;
  gpuBytes: number;
  /** WebAssembly linear memory. */
  goHeapBytes: number;
  experts: ExpertStats;
}

/** What the expert budget is and what it costs. */
export interface ExpertStats {
  /** What the experts take on the GPU. */
  budgetBytes: number;
  /** What all of them would. */
  totalBytes: number;
  /** Experts that fit, over all layers. */
  slots: number;
  /** All of them fit. */
  resident: boolean;
  /** One pool of slots serves all layers. */
  sharedPool: boolean;
  /** Experts that tokens have asked for. */
  uses: number;
  /** Experts that had to be loaded for that. */
  loads: number;
  /** 1 - loads / uses; 1 before the first token. */
  hitRate: number;
  /** Moved to the GPU by these loads. */
  loadedBytes: number;
  /** That tokens waited for them. */
  waitMs: number;
}

/** Answers a Cache. */
export interface Cached {
  type: 'cached';
  id: number;
  /** Saved, or restored; 0: there was nothing of use, or no room. */
  tokens: number;
}

/** Answers a Preflight. Of a budget that is too small, nothing is measured: what would be is 0. */
export interface Report {
  type: 'report';
  id: number;
  adapter: string;

  /** In the store. */
  storeBytes: number;
  /** On the GPU: weights that every token needs. */
  residentBytes: number;
  /** On the GPU: keys and values of the longest conversation. */
  cacheBytes: number;
  /** On the GPU: what the budget buys. */
  expertBytes: number;

  /** Of storeBytes, what was in the browser's store before anything was loaded for this report. */
  storedBytes: number;
  /** To be downloaded still. */
  neededBytes: number;
  /** Bytes that the browser lets this site store; like usage an estimate, which may be far off. */
  quota: number;
  /** Bytes that this site stores. */
  usage: number;
  /** The browser does not delete what this site stores by itself. */
  persisted: boolean;

  /** Of expertBytes, what the GPU gave when it was asked. */
  grantedBytes: number;
  /** Of the GPU's memory, bytes read plus written. */
  copyGbPerS: number;
  /** Of an expert, store to GPU. */
  loadGbPerS: number;
  /** Of an expert that nobody has read before. */
  firstLoadGbPerS: number;
  /** The store did not have that one. */
  firstLoadFromNetwork: boolean;

  regime: Regime;
  /** Experts that fit, over all layers. */
  slots: number;
  /** The least budget that works. */
  smallestBudgetBytes: number;

  /** Of the GPU's work; this and what follows once the pack is stored. */
  computeSecondsPerToken: number;
  /** For experts. */
  waitSecondsPerToken: number;
  /** To be expected of the experts. */
  hitRate: number;
  tokensPerSecond: number;
}

/** All experts are on the GPU, always; each layer has some slots; all layers share some; too few to run. */
export type Regime = 'resident' | 'slots' | 'pool' | 'too small';

/** Ends a request that did not succeed or, with id 0, tells of trouble that belongs to none. */
export interface Failed {
  type: 'failed';
  id: number;
  code: Code;
  /** One line: what happened, where, what to do. */
  message: string;
}

/** What the worker may send. */
export type EngineEvent =
  | Ready
  | Restoring
  | Progress
  | Download
  | Opened
  | Delta
  | Routing
  | Done
  | Result
  | Cached
  | Report
  | Failed;

/** Tells the page which remedy to show. */
export type Code =
  | 'no_webgpu'
  | 'device_lost'
  | 'out_of_memory'
  | 'bad_pack'
  | 'network'
  | 'storage'
  | 'folder'
  | 'context_full'
  | 'bad_request'
  | 'internal';
