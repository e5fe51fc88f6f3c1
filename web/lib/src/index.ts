// mixtab: Mixtral on the visitor's own GPU, behind OpenAI's chat completion shapes.

export type { ChatCompletions } from './chat.ts';
export type { Completions } from './completions.ts';
export type {
  Engine,
  EngineDownload,
  EngineInfo,
  EngineOptions,
  EngineProgress,
  EngineRestoring,
} from './engine.ts';
export { createEngine } from './engine.ts';
export { MixtabError } from './errors.ts';
export type { KVStore, SaveOptions } from './kv.ts';
export type { WorkerLike } from './link.ts';
export type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatMessage,
  ChatParams,
  ChoiceLogprobs,
  Completion,
  CompletionParams,
  Figures,
  FinishReason,
  JsonSchemaFormat,
  MixtabParams,
  RequestOptions,
  ResponseFormat,
  SamplingParams,
  StreamOptions,
  TokenLogprob,
  TopLogprob,
  Usage,
} from './openai.ts';
export type { PackFolder, PackInfo, PackOptions, PackProgress, Packs, StorageInfo } from './packs.ts';
export { isLocal, packs } from './packs.ts';
export type { Preflight, PreflightOptions } from './preflight.ts';
export { preflight } from './preflight.ts';
export type {
  Arithmetic,
  Code,
  DownloadPhase,
  EngineStats,
  ExpertStats,
  Failure,
  Overflow,
  Phase,
  Regime,
  Role,
} from './protocol.ts';
export type { ExpertRouting } from './routing.ts';
