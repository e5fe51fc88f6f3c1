// Made by `go test ./wasm/protocol -update`: examples of every message, as Go writes them.
// That this file compiles is the test that both sides agree.
// biome-ignore-all format: as JSON writes it

import type { Cancel, Chat, Complete, Delta, Detokenize, Done, Download, EngineEvent, EngineRequest, Failed, Open, Opened, Preflight, Progress, Ready, Report, Restoring, Result, SetExpertBudget, Stats, Tokenize } from './protocol.ts';

export const requests: EngineRequest[] = [
  {"type":"open","id":1,"pack":"https://example.org/packs/demo/","context":2048,"expertBudget":2147483648,"arithmetic":"f16"} satisfies Open,
  {"type":"chat","id":2,"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi"},{"role":"user","content":"¿Qué tal? \u2028 \u003c/s\u003e"}],"sampling":{"temperature":0.5,"top_p":0.9,"top_k":40,"min_p":0.05,"seed":9007199254740992,"max_tokens":256,"stop":["\n\n"],"frequency_penalty":-0.5,"presence_penalty":1,"repetition_penalty":1.25,"logit_bias":{"22557":2.5,"7":-100},"prompt_lookup_num_tokens":4},"overflow":"drop","continue":false} satisfies Chat,
  {"type":"chat","id":3,"messages":[{"role":"user","content":"Hello"}],"sampling":{"temperature":null,"top_p":null,"top_k":null,"min_p":null,"seed":null,"max_tokens":null,"stop":[],"frequency_penalty":null,"presence_penalty":null,"repetition_penalty":null,"logit_bias":null,"prompt_lookup_num_tokens":null},"overflow":"error","continue":false} satisfies Chat,
  {"type":"chat","id":3,"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi, I"}],"sampling":{"temperature":null,"top_p":null,"top_k":null,"min_p":null,"seed":null,"max_tokens":null,"stop":[],"frequency_penalty":null,"presence_penalty":null,"repetition_penalty":null,"logit_bias":null,"prompt_lookup_num_tokens":null},"overflow":"error","continue":true} satisfies Chat,
  {"type":"complete","id":4,"prompt":"Once upon","sampling":{"temperature":0,"top_p":null,"top_k":null,"min_p":null,"seed":null,"max_tokens":null,"stop":[],"frequency_penalty":null,"presence_penalty":null,"repetition_penalty":null,"logit_bias":null,"prompt_lookup_num_tokens":null}} satisfies Complete,
  {"type":"cancel","id":4} satisfies Cancel,
  {"type":"tokenize","id":5,"text":"Hello"} satisfies Tokenize,
  {"type":"detokenize","id":6,"tokens":[1,22557]} satisfies Detokenize,
  {"type":"stats","id":7} satisfies Stats,
  {"type":"setExpertBudget","id":8,"bytes":4294967296} satisfies SetExpertBudget,
  {"type":"preflight","id":9,"pack":"https://example.org/packs/demo/","expertBudget":8589934592} satisfies Preflight,
];
export const events: EngineEvent[] = [
  {"type":"ready","version":"1.0.0"} satisfies Ready,
  {"type":"progress","id":1,"phase":"device","loadedBytes":0,"totalBytes":0} satisfies Progress,
  {"type":"progress","id":1,"phase":"weights","loadedBytes":1073741824,"totalBytes":27917287424} satisfies Progress,
  {"type":"progress","id":1,"phase":"kernels","loadedBytes":0,"totalBytes":0} satisfies Progress,
  {"type":"restoring","loadedBytes":1048576,"totalBytes":1073741824,"done":false} satisfies Restoring,
  {"type":"restoring","loadedBytes":0,"totalBytes":0,"done":true} satisfies Restoring,
  {"type":"download","phase":"waiting","doneBytes":0,"totalBytes":0,"bytesPerSecond":0,"secondsLeft":null,"secondsPerToken":null,"waitingTokens":0,"failure":null} satisfies Download,
  {"type":"download","phase":"downloading","doneBytes":21474836480,"totalBytes":25769803776,"bytesPerSecond":12500000,"secondsLeft":343.6,"secondsPerToken":51.25,"waitingTokens":0.998,"failure":null} satisfies Download,
  {"type":"download","phase":"verifying","doneBytes":0,"totalBytes":0,"bytesPerSecond":0,"secondsLeft":null,"secondsPerToken":null,"waitingTokens":0,"failure":null} satisfies Download,
  {"type":"download","phase":"paused","doneBytes":0,"totalBytes":0,"bytesPerSecond":0,"secondsLeft":null,"secondsPerToken":null,"waitingTokens":0,"failure":null} satisfies Download,
  {"type":"download","phase":"done","doneBytes":1,"totalBytes":1,"bytesPerSecond":0,"secondsLeft":0,"secondsPerToken":0.5,"waitingTokens":0,"failure":null} satisfies Download,
  {"type":"download","phase":"failed","doneBytes":0,"totalBytes":0,"bytesPerSecond":0,"secondsLeft":null,"secondsPerToken":null,"waitingTokens":0,"failure":{"code":"storage","message":"no room"}} satisfies Download,
  {"type":"opened","id":1,"model":"mixtab demo","format":"q8","packBytes":6700000,"parameters":6300000,"context":1152,"temperature":0.5,"adapter":"swiftshader","adapterKind":"cpu"} satisfies Opened,
  {"type":"delta","id":2,"text":"Bonjour \"","tokens":3} satisfies Delta,
  {"type":"done","id":2,"finishReason":"stop","promptTokens":15,"cachedTokens":7,"completionTokens":20,"droppedMessages":2,"draftedTokens":12,"acceptedTokens":9,"speculationOff":"not all experts are on the device","prefillMs":12.5,"decodeMs":300.25,"seed":42} satisfies Done,
  {"type":"done","id":3,"finishReason":"length","promptTokens":0,"cachedTokens":0,"completionTokens":0,"droppedMessages":0,"draftedTokens":0,"acceptedTokens":0,"speculationOff":"","prefillMs":0,"decodeMs":0,"seed":0} satisfies Done,
  {"type":"done","id":4,"finishReason":"cancelled","promptTokens":0,"cachedTokens":0,"completionTokens":0,"droppedMessages":0,"draftedTokens":0,"acceptedTokens":0,"speculationOff":"","prefillMs":0,"decodeMs":0,"seed":0} satisfies Done,
  {"type":"result","id":5,"tokens":[22557],"text":"Hello","stats":{"dispatches":1,"submits":2,"hostCalls":3,"gpuBytes":4,"goHeapBytes":5,"experts":{"budgetBytes":6,"totalBytes":7,"slots":8,"resident":true,"sharedPool":true,"uses":9,"loads":10,"hitRate":0.5,"loadedBytes":11,"waitMs":12.5}}} satisfies Result,
  {"type":"result","id":6,"tokens":[],"text":"","stats":null} satisfies Result,
  {"type":"report","id":9,"adapter":"swiftshader","storeBytes":27917287424,"residentBytes":1073741824,"cacheBytes":536870912,"expertBytes":8589934592,"storedBytes":21474836480,"neededBytes":6442450944,"quota":38654705664,"usage":21474836480,"persisted":true,"grantedBytes":7516192768,"copyGbPerS":1.5,"loadGbPerS":2.5,"firstLoadGbPerS":0.5,"firstLoadFromNetwork":true,"regime":"slots","slots":72,"smallestBudgetBytes":838860800,"computeSecondsPerToken":0.25,"waitSecondsPerToken":0.75,"hitRate":0.5,"tokensPerSecond":1} satisfies Report,
  {"type":"report","id":9,"adapter":"","storeBytes":0,"residentBytes":0,"cacheBytes":0,"expertBytes":0,"storedBytes":0,"neededBytes":0,"quota":0,"usage":0,"persisted":false,"grantedBytes":0,"copyGbPerS":0,"loadGbPerS":0,"firstLoadGbPerS":0,"firstLoadFromNetwork":false,"regime":"resident","slots":0,"smallestBudgetBytes":0,"computeSecondsPerToken":0,"waitSecondsPerToken":0,"hitRate":0,"tokensPerSecond":0} satisfies Report,
  {"type":"report","id":9,"adapter":"","storeBytes":0,"residentBytes":0,"cacheBytes":0,"expertBytes":0,"storedBytes":0,"neededBytes":0,"quota":0,"usage":0,"persisted":false,"grantedBytes":0,"copyGbPerS":0,"loadGbPerS":0,"firstLoadGbPerS":0,"firstLoadFromNetwork":false,"regime":"pool","slots":0,"smallestBudgetBytes":0,"computeSecondsPerToken":0,"waitSecondsPerToken":0,"hitRate":0,"tokensPerSecond":0} satisfies Report,
  {"type":"report","id":9,"adapter":"","storeBytes":0,"residentBytes":0,"cacheBytes":0,"expertBytes":0,"storedBytes":0,"neededBytes":0,"quota":0,"usage":0,"persisted":false,"grantedBytes":0,"copyGbPerS":0,"loadGbPerS":0,"firstLoadGbPerS":0,"firstLoadFromNetwork":false,"regime":"too small","slots":0,"smallestBudgetBytes":0,"computeSecondsPerToken":0,"waitSecondsPerToken":0,"hitRate":0,"tokensPerSecond":0} satisfies Report,
  {"type":"failed","id":2,"code":"no_webgpu","message":"no adapter"} satisfies Failed,
  {"type":"failed","id":0,"code":"device_lost","message":""} satisfies Failed,
  {"type":"failed","id":0,"code":"out_of_memory","message":""} satisfies Failed,
  {"type":"failed","id":0,"code":"bad_pack","message":""} satisfies Failed,
  {"type":"failed","id":0,"code":"network","message":""} satisfies Failed,
  {"type":"failed","id":0,"code":"context_full","message":""} satisfies Failed,
  {"type":"failed","id":0,"code":"bad_request","message":""} satisfies Failed,
  {"type":"failed","id":0,"code":"internal","message":""} satisfies Failed,
  {"type":"failed","id":0,"code":"storage","message":""} satisfies Failed,
];
